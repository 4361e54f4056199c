/**
 * What CPUID says about the processor itself (APM vol 3 App. E): family 19h with the features that this core has.
 *
 * No x87, MMX or SSE bits, and no APIC: they are not implemented, and software that asks must not be told otherwise.
 * A hypervisor that intercepts CPUID shows its guests what it likes.
 */
import { PHYSICAL_ADDRESS_BITS } from '../../assembly/abi/processor-bits.js';

/** One answer of CPUID, as a row of the core's table (assembly/cpuid-table.ts). */
export interface CpuidRow {
  readonly leaf: number;
  /** The answer holds for this ECX alone; for every ECX if it is missing. */
  readonly subleaf?: number;
  readonly eax?: number;
  readonly ebx?: number;
  readonly ecx?: number;
  readonly edx?: number;
}

/** Family 19h (0Fh + 0Ah), model 11h, stepping 1: one of the processors that have Virtual NMI. */
const FAMILY_19H_MODEL_11H = 0x00a1_0f11;
const LINEAR_ADDRESS_BITS = 48;
/** 1 in bits 23:16: one logical processor. 8 in bits 15:8: CLFLUSH lines of 64 bytes. */
const ONE_PROCESSOR_AND_CLFLUSH = (1 << 16) | (8 << 8);
const SVM_REVISION = 1;
/** ASIDs 0 to 32,767. */
const ASIDS = 0x8000;
const LARGEST_BASIC_LEAF = 7;
const LARGEST_EXTENDED_LEAF = 0x8000_000a;

const [VENDOR_EBX, VENDOR_EDX, VENDOR_ECX] = text('AuthenticAMD') as [number, number, number];
const NAME = 'vmexit virtual processor'.padEnd(48, '\0');

/** Features that leaves 1 and 8000_0001h both report in EDX. */
const COMMON_EDX = {
  vme: 1,
  de: 2,
  pse: 3,
  tsc: 4,
  msr: 5,
  pae: 6,
  cmpxchg8b: 8,
  pge: 13,
  cmov: 15,
  pat: 16,
  pse36: 17,
};

export const PROCESSOR_CPUID: readonly CpuidRow[] = [
  { leaf: 0, eax: LARGEST_BASIC_LEAF, ebx: VENDOR_EBX, ecx: VENDOR_ECX, edx: VENDOR_EDX },
  {
    leaf: 1,
    eax: FAMILY_19H_MODEL_11H,
    ebx: ONE_PROCESSOR_AND_CLFLUSH,
    ecx: bits({ cmpxchg16b: 13, movbe: 22, popcnt: 23 }),
    edx: bits({ ...COMMON_EDX, sysenter: 11, clflush: 19 }),
  },
  {
    leaf: 7,
    subleaf: 0,
    ebx: bits({ bmi1: 3, smep: 7, bmi2: 8, adx: 19, smap: 20 }),
    ecx: bits({ umip: 2 }),
  },
  { leaf: 0x8000_0000, eax: LARGEST_EXTENDED_LEAF, ebx: VENDOR_EBX, ecx: VENDOR_ECX, edx: VENDOR_EDX },
  {
    leaf: 0x8000_0001,
    eax: FAMILY_19H_MODEL_11H,
    ecx: bits({ lahf64: 0, svm: 2, altMovCr8: 4, lzcnt: 5 }),
    edx: bits({ ...COMMON_EDX, syscall: 11, nx: 20, page1Gb: 26, rdtscp: 27, longMode: 29 }),
  },
  name(0x8000_0002, 0),
  name(0x8000_0003, 16),
  name(0x8000_0004, 32),
  { leaf: 0x8000_0007, edx: bits({ invariantTsc: 8 }) },
  {
    leaf: 0x8000_0008,
    eax: (LINEAR_ADDRESS_BITS << 8) | PHYSICAL_ADDRESS_BITS,
    ebx: bits({ wbnoinvd: 9 }),
  },
  {
    leaf: 0x8000_000a,
    eax: SVM_REVISION,
    ebx: ASIDS,
    // prettier-ignore
    edx: bits({
      nestedPaging: 0, nextRip: 3, vmcbClean: 5, flushByAsid: 6, decodeAssists: 7, pauseFilter: 10,
      pauseFilterThreshold: 12, virtualGif: 16, virtualNmi: 25, nestedVmcbAddressCheck: 28, idleHlt: 30,
    }),
  },
];

/** Writes rows as the core's table has them: leaf, subleaf, any subleaf, reserved, EAX, EBX, ECX, EDX. */
export function encodeCpuidRows(rows: readonly CpuidRow[]): Uint32Array {
  return Uint32Array.from(
    rows.flatMap(({ leaf, subleaf, eax = 0, ebx = 0, ecx = 0, edx = 0 }) => [
      ...[leaf, subleaf ?? 0, subleaf === undefined ? 1 : 0, 0],
      ...[eax, ebx, ecx, edx],
    ]),
  );
}

function bits(positions: Readonly<Record<string, number>>): number {
  return Object.values(positions).reduce((word, position) => (word | (1 << position)) >>> 0, 0);
}

/** A third of the processor's name. */
function name(leaf: number, at: number): CpuidRow {
  const [eax, ebx, ecx, edx] = text(NAME.slice(at, at + 16)) as [number, number, number, number];
  return { leaf, eax, ebx, ecx, edx };
}

/** Registers of four characters each, the first in the lowest byte. */
function text(characters: string): number[] {
  const bytes = new TextEncoder().encode(characters);
  return Array.from({ length: bytes.length / 4 }, (_, i) =>
    new DataView(bytes.buffer).getUint32(4 * i, true),
  );
}

/**
 * What the guest's CPUID says (APM vol 3 App. E): an AMD processor of family 19h with the features that this
 * processor has, and no SVM.
 *
 * No x87, MMX or SSE bits: their instructions are not implemented, and a guest that asks must not be told otherwise.
 */
import { PHYSICAL_ADDRESS_BITS } from '../../assembly/abi/processor-bits.js';

export interface CpuidResult {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

const ZERO: CpuidResult = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

/** Family 19h (0Fh + 0Ah), model 11h, stepping 0: reads as one of the processors that have Virtual NMI. */
const FAMILY_19H_MODEL_11H = 0x00a1_0f10;

// prettier-ignore
const FEATURES_1_EDX = bits({
  de: 2, pse: 3, tsc: 4, msr: 5, pae: 6, cmpxchg8b: 8, sysenter: 11, pge: 13, cmov: 15, pat: 16, clflush: 19,
});
const FEATURES_1_ECX = bits({ cmpxchg16b: 13, movbe: 22, popcnt: 23, hypervisor: 31 });
/** CLFLUSH line size in units of 8 bytes, in EBX[15:8]. */
const CLFLUSH_64_BYTES = 8 << 8;
const FEATURES_7_EBX = bits({ bmi1: 3, smep: 7, bmi2: 8, adx: 19, smap: 20 });
const FEATURES_8000_0001_ECX = bits({ lahf64: 0, lzcnt: 5 });
// prettier-ignore
const FEATURES_8000_0001_EDX = bits({
  de: 2, pse: 3, tsc: 4, msr: 5, pae: 6, cmpxchg8b: 8, syscall: 11, pge: 13, cmov: 15, pat: 16,
  nx: 20, rdtscp: 27, longMode: 29,
});
/** The clock that TSC counts does not stop and does not change: it is the count of instructions. */
const INVARIANT_TSC = bits({ invariantTsc: 8 });
/** 48 bits of linear address in bits 15:8. */
const ADDRESS_SIZES = (48 << 8) | PHYSICAL_ADDRESS_BITS;

const VENDOR = text('AuthenticAMD');
const HYPERVISOR = text('VmexitVmexit');
const NAME = 'vmexit virtual processor'.padEnd(48, '\0');

/** Leaf to registers; a leaf that is missing reads as zeros. */
const LEAVES: ReadonlyMap<number, CpuidResult> = new Map<number, CpuidResult>([
  [0x0000_0000, { eax: 7, ebx: VENDOR[0], edx: VENDOR[1], ecx: VENDOR[2] }],
  [
    0x0000_0001,
    { eax: FAMILY_19H_MODEL_11H, ebx: CLFLUSH_64_BYTES, ecx: FEATURES_1_ECX, edx: FEATURES_1_EDX },
  ],
  [0x0000_0007, { ...ZERO, ebx: FEATURES_7_EBX }],
  [0x4000_0000, { eax: 0x4000_0000, ebx: HYPERVISOR[0], ecx: HYPERVISOR[1], edx: HYPERVISOR[2] }],
  [0x8000_0000, { eax: 0x8000_0008, ebx: VENDOR[0], edx: VENDOR[1], ecx: VENDOR[2] }],
  [
    0x8000_0001,
    { eax: FAMILY_19H_MODEL_11H, ebx: 0, ecx: FEATURES_8000_0001_ECX, edx: FEATURES_8000_0001_EDX },
  ],
  [0x8000_0002, words(NAME.slice(0, 16))],
  [0x8000_0003, words(NAME.slice(16, 32))],
  [0x8000_0004, words(NAME.slice(32, 48))],
  [0x8000_0007, { ...ZERO, edx: INVARIANT_TSC }],
  [0x8000_0008, { ...ZERO, eax: ADDRESS_SIZES }],
]);

/** Leaf 7 is the only one with subleaves; all but 0 are empty. */
export function cpuid(leaf: number, subleaf: number): CpuidResult {
  if (leaf === 7 && subleaf !== 0) return ZERO;
  return LEAVES.get(leaf) ?? ZERO;
}

function bits(positions: Readonly<Record<string, number>>): number {
  return Object.values(positions).reduce((word, position) => (word | (1 << position)) >>> 0, 0);
}

/** Three registers of four characters each, least significant byte first. */
function text(name: string): readonly [number, number, number] {
  return [word(name, 0), word(name, 4), word(name, 8)];
}

function words(name: string): CpuidResult {
  return { eax: word(name, 0), ebx: word(name, 4), ecx: word(name, 8), edx: word(name, 12) };
}

function word(name: string, at: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = value * 0x100 + name.charCodeAt(at + i);
  return value;
}

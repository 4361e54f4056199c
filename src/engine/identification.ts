/**
 * What a processor model looks like from inside: CPUID (APM vol 3 App. E) and the bits of CR4 that exist. Family 19h with
 * the features of the model; a bit is set exactly where what it promises works.
 *
 * Bits that follow from control registers (OSXSAVE, APIC, the sizes in leaf 0Dh) are the core's (assembly/exec/cpuid.ts).
 */
import { Cr4, PHYSICAL_ADDRESS_BITS, Xcr0 } from '../../assembly/abi/processor-bits.js';
import type { CpuidRow } from '../core/cpuid-row.js';
import { Feature, type Features } from '../decode/features.js';

/** Family 19h (0Fh + 0Ah), model 11h, stepping 1: one of the processors that have Virtual NMI. */
const FAMILY_19H_MODEL_11H = 0x00a1_0f11;
const LINEAR_ADDRESS_BITS = 48;
/** 1 in bits 23:16: one logical processor. 8 in bits 15:8: CLFLUSH lines of 64 bytes. */
const ONE_PROCESSOR_AND_CLFLUSH = (1 << 16) | (8 << 8);
const SVM_REVISION = 1;
/** ASIDs 0 to 32,767. */
const ASIDS = 0x8000;
const FEATURES_LEAF = 7;
const EXTENDED_STATE_LEAF = 0xd;
const LARGEST_EXTENDED_LEAF = 0x8000_000a;

/** The XSAVE area: legacy region and header, then the upper halves of YMM0 to YMM15 (APM vol 2 §11.5.5). */
const XSAVE_BASE_BYTES = 576;
const YMM_BYTES = 256;

const [VENDOR_EBX, VENDOR_EDX, VENDOR_ECX] = text('AuthenticAMD') as [number, number, number];
const NAME = 'vmexit virtual processor'.padEnd(48, '\0');

type Word =
  '1.ecx' | '1.edx' | '7.ebx' | '7.ecx' | 'd1.eax' | '80000001.ecx' | '80000001.edx' | '80000008.ebx';

/** Where CPUID shows each feature. */
// prettier-ignore
const FEATURE_BITS: Readonly<Record<Feature, readonly (readonly [word: Word, bit: number])[]>> = {
  [Feature.X87]:         [['1.edx', 0], ['80000001.edx', 0]],
  [Feature.Mmx]:         [['1.edx', 23], ['80000001.edx', 23]],
  [Feature.Fxsr]:        [['1.edx', 24], ['80000001.edx', 24]],
  // The second is AMD's name for the integer half of SSE, on MMX registers.
  [Feature.Sse]:         [['1.edx', 25], ['80000001.edx', 22]],
  [Feature.Sse2]:        [['1.edx', 26]],
  [Feature.Sse3]:        [['1.ecx', 0]],
  [Feature.Pclmulqdq]:   [['1.ecx', 1]],
  [Feature.Ssse3]:       [['1.ecx', 9]],
  [Feature.Fma]:         [['1.ecx', 12]],
  [Feature.Cmpxchg16b]:  [['1.ecx', 13]],
  [Feature.Sse41]:       [['1.ecx', 19]],
  [Feature.Sse42]:       [['1.ecx', 20]],
  [Feature.Movbe]:       [['1.ecx', 22]],
  [Feature.Popcnt]:      [['1.ecx', 23]],
  [Feature.Aes]:         [['1.ecx', 25]],
  [Feature.Xsave]:       [['1.ecx', 26]],
  [Feature.Avx]:         [['1.ecx', 28]],
  [Feature.F16c]:        [['1.ecx', 29]],
  [Feature.Rdrand]:      [['1.ecx', 30]],
  [Feature.Fsgsbase]:    [['7.ebx', 0]],
  [Feature.Bmi1]:        [['7.ebx', 3]],
  [Feature.Avx2]:        [['7.ebx', 5]],
  [Feature.Smep]:        [['7.ebx', 7]],
  [Feature.Bmi2]:        [['7.ebx', 8]],
  [Feature.Rdseed]:      [['7.ebx', 18]],
  [Feature.Adx]:         [['7.ebx', 19]],
  [Feature.Smap]:        [['7.ebx', 20]],
  [Feature.Clflushopt]:  [['7.ebx', 23]],
  [Feature.Clwb]:        [['7.ebx', 24]],
  [Feature.Sha]:         [['7.ebx', 29]],
  [Feature.Umip]:        [['7.ecx', 2]],
  [Feature.Vaes]:        [['7.ecx', 9]],
  [Feature.Vpclmulqdq]:  [['7.ecx', 10]],
  [Feature.Rdpid]:       [['7.ecx', 22]],
  [Feature.Xsaveopt]:    [['d1.eax', 0]],
  // Also XGETBV with ECX = 1.
  [Feature.Xsavec]:      [['d1.eax', 1], ['d1.eax', 2]],
  [Feature.Xsaves]:      [['d1.eax', 3]],
  [Feature.Lahf64]:      [['80000001.ecx', 0]],
  [Feature.Lzcnt]:       [['80000001.ecx', 5]],
  [Feature.Sse4a]:       [['80000001.ecx', 6]],
  [Feature.Rdtscp]:      [['80000001.edx', 27]],
  [Feature.Clzero]:      [['80000008.ebx', 0]],
};

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

/** CPUID of a processor with these features. */
export function cpuidRows(features: Features): readonly CpuidRow[] {
  const shown = (word: Word) => featureBits(features, word);
  return [
    {
      leaf: 0,
      eax: features.has(Feature.Xsave) ? EXTENDED_STATE_LEAF : FEATURES_LEAF,
      ebx: VENDOR_EBX,
      ecx: VENDOR_ECX,
      edx: VENDOR_EDX,
    },
    {
      leaf: 1,
      eax: FAMILY_19H_MODEL_11H,
      ebx: ONE_PROCESSOR_AND_CLFLUSH,
      ecx: shown('1.ecx'),
      edx: bits({ ...COMMON_EDX, sysenter: 11, clflush: 19 }) | shown('1.edx'),
    },
    { leaf: FEATURES_LEAF, subleaf: 0, ebx: shown('7.ebx'), ecx: shown('7.ecx') },
    ...extendedStateRows(features),
    ...extendedRows(shown),
  ];
}

/** Leaf 0Dh: x87, SSE and AVX state, and how large the area of XSAVE is for them. */
function extendedStateRows(features: Features): readonly CpuidRow[] {
  if (!features.has(Feature.Xsave)) return [];
  const hasAvx = features.has(Feature.Avx);
  const states = Xcr0.X87 | Xcr0.Sse | (hasAvx ? Xcr0.Avx : 0);
  const bytes = XSAVE_BASE_BYTES + (hasAvx ? YMM_BYTES : 0);
  const standard = { leaf: EXTENDED_STATE_LEAF, subleaf: 0, eax: states, ebx: XSAVE_BASE_BYTES, ecx: bytes };
  const compact = { leaf: EXTENDED_STATE_LEAF, subleaf: 1, eax: featureBits(features, 'd1.eax') };
  if (!hasAvx) return [standard, compact];
  return [
    standard,
    compact,
    { leaf: EXTENDED_STATE_LEAF, subleaf: 2, eax: YMM_BYTES, ebx: XSAVE_BASE_BYTES },
  ];
}

function extendedRows(shown: (word: Word) => number): readonly CpuidRow[] {
  return [
    { leaf: 0x8000_0000, eax: LARGEST_EXTENDED_LEAF, ebx: VENDOR_EBX, ecx: VENDOR_ECX, edx: VENDOR_EDX },
    {
      leaf: 0x8000_0001,
      eax: FAMILY_19H_MODEL_11H,
      ecx: bits({ svm: 2, altMovCr8: 4, misalignedSse: 7, prefetchw: 8 }) | shown('80000001.ecx'),
      edx:
        bits({ ...COMMON_EDX, syscall: 11, nx: 20, fastFxsave: 25, page1Gb: 26, longMode: 29 }) |
        shown('80000001.edx'),
    },
    name(0x8000_0002, 0),
    name(0x8000_0003, 16),
    name(0x8000_0004, 32),
    { leaf: 0x8000_0007, edx: bits({ invariantTsc: 8 }) },
    {
      leaf: 0x8000_0008,
      eax: (LINEAR_ADDRESS_BITS << 8) | PHYSICAL_ADDRESS_BITS,
      ebx: bits({ errorPointersAlwaysSaved: 2, wbnoinvd: 9 }) | shown('80000008.ebx'),
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
}

/** The bits of CR4 that only some models have, and the feature that brings each. */
const CR4_BITS = [
  [Feature.Fxsr, Cr4.Osfxsr],
  [Feature.Sse, Cr4.Osxmmexcpt],
  [Feature.Umip, Cr4.Umip],
  [Feature.Fsgsbase, Cr4.Fsgsbase],
  [Feature.Xsave, Cr4.Osxsave],
  [Feature.Smep, Cr4.Smep],
  [Feature.Smap, Cr4.Smap],
] as const;

/** The bits of CR4 that exist with these features; the others must be zero. */
export function cr4Bits(features: Features): number {
  return CR4_BITS.reduce((mask, [feature, bit]) => (features.has(feature) ? mask : mask & ~bit), Cr4.Defined);
}

function featureBits(features: Features, word: Word): number {
  let value = 0;
  for (const feature of features)
    for (const [where, bit] of FEATURE_BITS[feature]) if (where === word) value |= 1 << bit;
  return value >>> 0;
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

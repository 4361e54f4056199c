/**
 * CPUID shows exactly what works: in every model, one instruction of each feature completes where the feature's bit is set,
 * and raises #UD where it is not.
 */
import { describe, expect, it } from 'vitest';
import { Cr4 } from '../../assembly/abi/processor-bits.js';
import { CPU_MODELS, cpuModel, type CpuName, UnknownCpuError } from '../../src/decode/cpu-models.js';
import { ALL_FEATURES, Feature } from '../../src/decode/features.js';
import { hex } from '../decode/decoding.js';
import { Machine } from '../helpers/machine.js';
import { outcomeOf } from '../helpers/outcome.js';

const DATA = 0x4000;

interface Leaf {
  readonly leaf: number;
  readonly subleaf?: number;
  readonly register: 'rax' | 'rbx' | 'rcx' | 'rdx';
}

const BASIC_ECX: Leaf = { leaf: 1, register: 'rcx' };
const BASIC_EDX: Leaf = { leaf: 1, register: 'rdx' };
const STRUCTURED_EBX: Leaf = { leaf: 7, register: 'rbx' };
const STRUCTURED_ECX: Leaf = { leaf: 7, register: 'rcx' };
const STATE_EAX: Leaf = { leaf: 0xd, subleaf: 1, register: 'rax' };
const EXTENDED_ECX: Leaf = { leaf: 0x8000_0001, register: 'rcx' };
const EXTENDED_EDX: Leaf = { leaf: 0x8000_0001, register: 'rdx' };
const SIZES_EBX: Leaf = { leaf: 0x8000_0008, register: 'rbx' };

/** Positions as the manual gives them (APM vol 3 App. E); rBX points to 64 bytes of zeros. */
// prettier-ignore
const ROWS: readonly (readonly [name: string, feature: Feature, leaf: Leaf, bit: number, bytes: string])[] = [
  ['HADDPS xmm0, xmm0',    Feature.Sse3,       BASIC_ECX, 0, 'f20f7cc0'],
  ['PCLMULQDQ xmm0, [rbx], 0', Feature.Pclmulqdq, BASIC_ECX, 1, '660f3a440300'],
  ['PSHUFB xmm0, [rbx]',   Feature.Ssse3,      BASIC_ECX, 9, '660f380003'],
  ['VFMADD231SS xmm0, xmm0, xmm0', Feature.Fma, BASIC_ECX, 12, 'c4e279b9c0'],
  ['CMPXCHG16B [rbx]',     Feature.Cmpxchg16b, BASIC_ECX, 13, '480fc70b'],
  ['PMULLD xmm0, [rbx]',   Feature.Sse41,      BASIC_ECX, 19, '660f384003'],
  ['CRC32 eax, ebx',       Feature.Sse42,      BASIC_ECX, 20, 'f20f38f1c3'],
  ['MOVBE eax, [rbx]',     Feature.Movbe,      BASIC_ECX, 22, '0f38f003'],
  ['POPCNT eax, ebx',      Feature.Popcnt,     BASIC_ECX, 23, 'f30fb8c3'],
  ['AESENC xmm0, [rbx]',   Feature.Aes,        BASIC_ECX, 25, '660f38dc03'],
  ['XGETBV',               Feature.Xsave,      BASIC_ECX, 26, '0f01d0'],
  ['VMOVUPS ymm0, [rbx]',  Feature.Avx,        BASIC_ECX, 28, 'c5fc1003'],
  ['VCVTPH2PS xmm0, xmm0', Feature.F16c,       BASIC_ECX, 29, 'c4e27913c0'],
  ['RDRAND eax',           Feature.Rdrand,     BASIC_ECX, 30, '0fc7f0'],
  ['FLD1',                 Feature.X87,        BASIC_EDX, 0, 'd9e8'],
  ['PXOR mm0, mm0',        Feature.Mmx,        BASIC_EDX, 23, '0fefc0'],
  ['FXSAVE [rbx]',         Feature.Fxsr,       BASIC_EDX, 24, '0fae03'],
  ['MOVUPS xmm0, [rbx]',   Feature.Sse,        BASIC_EDX, 25, '0f1003'],
  ['MOVDQU xmm0, [rbx]',   Feature.Sse2,       BASIC_EDX, 26, 'f30f6f03'],
  ['RDFSBASE rax',         Feature.Fsgsbase,   STRUCTURED_EBX, 0, 'f3480faec0'],
  ['ANDN eax, eax, ebx',   Feature.Bmi1,       STRUCTURED_EBX, 3, 'c4e278f2c3'],
  ['VPADDB ymm0, ymm0, ymm0', Feature.Avx2,    STRUCTURED_EBX, 5, 'c5fdfcc0'],
  ['BZHI eax, ebx, eax',   Feature.Bmi2,       STRUCTURED_EBX, 8, 'c4e278f5c3'],
  ['RDSEED eax',           Feature.Rdseed,     STRUCTURED_EBX, 18, '0fc7f8'],
  ['ADCX eax, ebx',        Feature.Adx,        STRUCTURED_EBX, 19, '660f38f6c3'],
  ['CLAC',                 Feature.Smap,       STRUCTURED_EBX, 20, '0f01ca'],
  ['CLFLUSHOPT [rbx]',     Feature.Clflushopt, STRUCTURED_EBX, 23, '660fae3b'],
  ['CLWB [rbx]',           Feature.Clwb,       STRUCTURED_EBX, 24, '660fae33'],
  ['SHA1MSG1 xmm0, [rbx]', Feature.Sha,        STRUCTURED_EBX, 29, '0f38c903'],
  ['VAESENC ymm0, ymm0, ymm0', Feature.Vaes,   STRUCTURED_ECX, 9, 'c4e27ddcc0'],
  ['VPCLMULQDQ ymm0, ymm0, ymm0, 0', Feature.Vpclmulqdq, STRUCTURED_ECX, 10, 'c4e37d44c000'],
  ['RDPID rax',            Feature.Rdpid,      STRUCTURED_ECX, 22, 'f30fc7f8'],
  ['XSAVEOPT [rbx]',       Feature.Xsaveopt,   STATE_EAX, 0, '0fae33'],
  ['XSAVEC [rbx]',         Feature.Xsavec,     STATE_EAX, 1, '0fc723'],
  ['XSAVES [rbx]',         Feature.Xsaves,     STATE_EAX, 3, '0fc72b'],
  ['LAHF in 64-bit mode',  Feature.Lahf64,     EXTENDED_ECX, 0, '9f'],
  ['EXTRQ xmm0, xmm1',     Feature.Sse4a,      EXTENDED_ECX, 6, '660f79c1'],
  ['RDTSCP',               Feature.Rdtscp,     EXTENDED_EDX, 27, '0f01f9'],
  ['CLZERO',               Feature.Clzero,     SIZES_EBX, 0, '0f01fc'],
];

/** LZCNT has no encoding that is #UD without it; the others are bits of CR4. Each has a test of its own. */
const WITHOUT_ROW = [Feature.Lzcnt, Feature.Smep, Feature.Umip];

it('has a row for every feature', () => {
  const tested = new Set([...ROWS.map(([, feature]) => feature), ...WITHOUT_ROW]);
  expect([...ALL_FEATURES].filter((feature) => !tested.has(feature)).map((f) => Feature[f])).toEqual([]);
});

const CPU_NAMES = Object.keys(CPU_MODELS) as CpuName[];

/** 64-bit mode at CPL 0 with all that the model has enabled. */
function enableAll(machine: Machine): void {
  machine.long();
  const { state } = machine;
  const wanted = Cr4.Osfxsr | Cr4.Osxmmexcpt | Cr4.Osxsave | Cr4.Fsgsbase;
  state.setNum('cr4', (state.num('cr4') | wanted) & state.num('cr4Bits'));
  machine.core.exports.setXcr0(machine.core.exports.xcr0Bits());
  machine.core.exports.updateMode();
  state.setNum('rax', DATA);
  state.setNum('rbx', DATA);
}

function isShown({ core }: Machine, { leaf, subleaf = 0, register }: Leaf, bit: number): boolean {
  const { eax, ebx, ecx, edx } = core.cpuid(leaf, subleaf);
  return (({ rax: eax, rbx: ebx, rcx: ecx, rdx: edx }[register] >>> bit) & 1) === 1;
}

describe.each(CPU_NAMES)('%s', async (cpu) => {
  const machine = await Machine.create(1 << 20, { cpu });
  const { features } = CPU_MODELS[cpu];

  it.each(ROWS)('%s', (_name, feature, leaf, bit, bytes) => {
    enableAll(machine);
    expect(isShown(machine, leaf, bit)).toBe(features.has(feature));
    expect(outcomeOf(machine, [...hex(bytes)])).toBe(features.has(feature) ? 'completed' : '#UD');
  });

  it.each([
    ['UMIP', Cr4.Umip, STRUCTURED_ECX, 2],
    ['SMEP', Cr4.Smep, STRUCTURED_EBX, 7],
    ['SMAP', Cr4.Smap, STRUCTURED_EBX, 20],
    ['FSGSBASE', Cr4.Fsgsbase, STRUCTURED_EBX, 0],
    ['OSXSAVE', Cr4.Osxsave, BASIC_ECX, 26],
  ] as const)('CR4.%s exists if CPUID shows it', (_name, bit, leaf, position) => {
    enableAll(machine);
    machine.state.setNum('rax', Cr4.Pae | bit);
    const movCr4Rax = [0x0f, 0x22, 0xe0];
    expect(outcomeOf(machine, movCr4Rax)).toBe(isShown(machine, leaf, position) ? 'completed' : '#GP(0)');
  });

  it('has LZCNT, or takes it for BSR', () => {
    enableAll(machine);
    machine.state.setNum('rbx', 0x100);
    expect(outcomeOf(machine, [...hex('f30fbdc3')])).toBe('completed'); // lzcnt eax, ebx
    expect(machine.state.num('rax')).toBe(isShown(machine, EXTENDED_ECX, 5) ? 23 : 8);
  });

  it('has TZCNT, or takes it for BSF', () => {
    enableAll(machine);
    machine.state.setNum('rbx', 0);
    expect(outcomeOf(machine, [...hex('f30fbcc3')])).toBe('completed'); // tzcnt eax, ebx
    expect(machine.state.num('rax')).toBe(isShown(machine, STRUCTURED_EBX, 3) ? 32 : DATA);
  });
});

it('names what there is when a name is unknown', () => {
  expect(() => cpuModel('pentium')).toThrow(UnknownCpuError);
  expect(() => cpuModel('pentium')).toThrow(
    'there is no processor model "pentium"; there are x86-64-v1, x86-64-v2, x86-64-v3, epyc-genoa-subset',
  );
  expect(new UnknownCpuError('x').code).toBe('UNKNOWN_CPU');
});

it.each(['v1', 'v2', 'v3'])('%s is short for a level', (name) => {
  expect(cpuModel(name).name).toBe(`x86-64-${name}`);
});

it('has every feature in the fullest model, and more in each than in the one before', () => {
  expect([...CPU_MODELS['epyc-genoa-subset'].features]).toEqual([...ALL_FEATURES]);
  CPU_NAMES.reduce((smaller, larger) => {
    const missing = [...CPU_MODELS[smaller].features].filter(
      (feature) => !CPU_MODELS[larger].features.has(feature),
    );
    expect(missing.map((feature) => Feature[feature])).toEqual([]);
    return larger;
  });
});

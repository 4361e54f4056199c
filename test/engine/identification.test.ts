/** What the processor says that it is (APM vol 3 App. E). */
import { beforeAll, describe, expect, it } from 'vitest';
import { Cr4 } from '../../assembly/abi/processor-bits.js';
import { ALL_FEATURES, Feature } from '../../src/decode/features.js';
import { cpuidRows, cr4Bits } from '../../src/engine/identification.js';
import { UsageError } from '../../src/errors.js';
import { Machine } from '../helpers/machine.js';

const CPUID = [0x0f, 0xa2];

let machine: Machine;
beforeAll(async () => {
  machine = (await Machine.create()).long();
});

function cpuid(leaf: number, subleaf = 0): { eax: number; ebx: number; ecx: number; edx: number } {
  const { state } = machine;
  state.setNum('rax', leaf);
  state.setNum('rcx', subleaf);
  machine.load(CPUID).run(1);
  return { eax: state.num('rax'), ebx: state.num('rbx'), ecx: state.num('rcx'), edx: state.num('rdx') };
}

const characters = (...registers: number[]) =>
  Buffer.from(Uint32Array.from(registers).buffer).toString('latin1').replace(/\0+$/, '');

it('is made by AMD, in name', () => {
  for (const leaf of [0, 0x8000_0000]) {
    const { ebx, ecx, edx } = cpuid(leaf);
    expect(characters(ebx, edx, ecx)).toBe('AuthenticAMD');
  }
  const name = [0x8000_0002, 0x8000_0003, 0x8000_0004].map((leaf) => Object.values(cpuid(leaf))).flat();
  expect(characters(...name)).toBe('vmexit virtual processor');
});

it('is of family 19h', () => {
  const { eax } = cpuid(1);
  expect(((eax >>> 8) & 0xf) + ((eax >>> 20) & 0xff)).toBe(0x19);
  expect(cpuid(0x8000_0001).eax).toBe(eax);
});

it.each([
  ['SVM', 0x8000_0001, 'ecx' as const, 2],
  ['long mode', 0x8000_0001, 'edx' as const, 29],
  ['nested paging', 0x8000_000a, 'edx' as const, 0],
  ['virtual GIF', 0x8000_000a, 'edx' as const, 16],
  ['virtual NMI', 0x8000_000a, 'edx' as const, 25],
  ['misaligned SSE', 0x8000_0001, 'ecx' as const, 7],
])('has %s', (_feature, leaf, register, bit) => {
  expect((cpuid(leaf)[register] >>> bit) & 1).toBe(1);
});

it.each([
  ['MONITOR', 1, 'ecx' as const, 3],
  ['MTRR', 1, 'edx' as const, 12],
  ['INVPCID', 7, 'ebx' as const, 10],
  ['AVX-512F', 7, 'ebx' as const, 16],
  ['MONITORX', 0x8000_0001, 'ecx' as const, 29],
])('does not claim %s', (_feature, leaf, register, bit) => {
  expect((cpuid(leaf)[register] >>> bit) & 1).toBe(0);
});

it('names the largest leaves that it answers', () => {
  const leaves = cpuidRows(ALL_FEATURES).map((row) => row.leaf);
  expect(cpuid(0).eax).toBe(Math.max(...leaves.filter((leaf) => leaf < 0x4000_0000)));
  expect(cpuid(0x8000_0000).eax).toBe(Math.max(...leaves));
});

it('leaves its signature in EDX at reset', () => {
  machine.core.exports.reset();
  expect(machine.state.num('rdx')).toBe(0xa10f11);
  machine.long();
});

it('refuses more rows than there is room for', () => {
  const rows = Array.from({ length: 65 }, (_, leaf) => ({ leaf }));
  expect(() => machine.core.identify(rows)).toThrow(UsageError);
});

describe('extended state (leaf 0Dh)', () => {
  it('has x87, SSE and AVX, as large as what XCR0 enables', () => {
    machine.long();
    expect(cpuid(0xd, 0)).toEqual({ eax: 7, ebx: 576, ecx: 832, edx: 0 });
    expect(cpuid(0xd, 1)).toEqual({ eax: 0xf, ebx: 576, ecx: 0, edx: 0 });
    expect(cpuid(0xd, 2)).toEqual({ eax: 256, ebx: 576, ecx: 0, edx: 0 });
    machine.state.setNum('xcr0', 7);
    expect(cpuid(0xd, 0).ebx).toBe(832);
    expect(cpuid(0xd, 1).ebx).toBe(832);
  });

  it('is absent without XSAVE', () => {
    const rows = cpuidRows(new Set([Feature.X87]));
    expect(rows.filter(({ leaf }) => leaf === 0xd)).toEqual([]);
    expect(rows[0]!.eax).toBe(7);
  });

  it('has no size of the compact format without XSAVEC', () => {
    machine.core.identify(cpuidRows(new Set([Feature.Xsave, Feature.Avx])));
    expect(cpuid(0xd, 1)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 });
  });
});

it.each([
  [Feature.Fxsr, Cr4.Osfxsr],
  [Feature.Sse, Cr4.Osxmmexcpt],
  [Feature.Umip, Cr4.Umip],
  [Feature.Fsgsbase, Cr4.Fsgsbase],
  [Feature.Xsave, Cr4.Osxsave],
  [Feature.Smep, Cr4.Smep],
  [Feature.Smap, Cr4.Smap],
])('feature %i has its bit in CR4', (feature, bit) => {
  expect(cr4Bits(ALL_FEATURES) & bit).toBe(bit);
  expect(cr4Bits(new Set()) & bit).toBe(0);
  expect(cr4Bits(new Set([feature]))).toBe(cr4Bits(new Set()) | bit);
});

/** What the processor says that it is (APM vol 3 App. E). */
import { beforeAll, expect, it } from 'vitest';
import { PROCESSOR_CPUID } from '../../src/core/identification.js';
import { UsageError } from '../../src/errors.js';
import { Machine } from '../helpers/machine.js';

const CPUID = [0x0f, 0xa2];

let machine: Machine;
beforeAll(async () => {
  machine = (await Machine.create()).long();
});

function cpuid(leaf: number): { eax: number; ebx: number; ecx: number; edx: number } {
  const { state } = machine;
  state.setNum('rax', leaf);
  state.setNum('rcx', 0);
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
])('has %s', (_feature, leaf, register, bit) => {
  expect((cpuid(leaf)[register] >>> bit) & 1).toBe(1);
});

it.each([
  ['x87', 1, 'edx' as const, 0],
  ['SSE', 1, 'edx' as const, 25],
  ['MONITOR', 1, 'ecx' as const, 3],
  ['XSAVE', 1, 'ecx' as const, 26],
])('does not claim %s', (_feature, leaf, register, bit) => {
  expect((cpuid(leaf)[register] >>> bit) & 1).toBe(0);
});

it('names the largest leaves that it answers', () => {
  const leaves = PROCESSOR_CPUID.map((row) => row.leaf);
  expect(cpuid(0).eax).toBe(Math.max(...leaves.filter((leaf) => leaf < 0x4000_0000)));
  expect(cpuid(0x8000_0000).eax).toBe(Math.max(...leaves));
});

it('leaves its signature in EDX at reset', () => {
  machine.core.exports.reset();
  expect(machine.state.num('rdx')).toBe(0xa10f11);
});

it('refuses more rows than there is room for', () => {
  const rows = Array.from({ length: 65 }, (_, leaf) => ({ leaf }));
  expect(() => machine.core.identify(rows)).toThrow(UsageError);
});

/** What CPUID tells the guest (APM vol 3 App. E), by the bits' names. */
import { expect, it } from 'vitest';
import { cpuid } from '../../src/hypervisor/cpuid.js';

function ascii(...registers: readonly number[]): string {
  return registers
    .map((r) => String.fromCharCode(r & 0xff, (r >> 8) & 0xff, (r >> 16) & 0xff, r >>> 24))
    .join('');
}

it('is AuthenticAMD of family 19h', () => {
  const vendor = cpuid(0, 0);
  expect(ascii(vendor.ebx, vendor.edx, vendor.ecx)).toBe('AuthenticAMD');
  const { eax } = cpuid(1, 0);
  const family = ((eax >> 8) & 0xf) + ((eax >> 20) & 0xff);
  expect(family).toBe(0x19);
});

it('announces a hypervisor, and which', () => {
  expect((cpuid(1, 0).ecx >>> 31) & 1).toBe(1);
  const { ebx, ecx, edx } = cpuid(0x4000_0000, 0);
  expect(ascii(ebx, ecx, edx)).toBe('VmexitVmexit');
});

// prettier-ignore
it.each([
  ['x87',           1,           'edx', 0],
  ['APIC',          1,           'edx', 9],
  ['MTRR',          1,           'edx', 12],
  ['MMX',           1,           'edx', 23],
  ['FXSR',          1,           'edx', 24],
  ['SSE',           1,           'edx', 25],
  ['SSE2',          1,           'edx', 26],
  ['MONITOR',       1,           'ecx', 3],
  ['SSE4.2',        1,           'ecx', 20],
  ['x2APIC',        1,           'ecx', 21],
  ['XSAVE',         1,           'ecx', 26],
  ['SVM',           0x8000_0001, 'ecx', 2],
] as const)('does not promise %s, which the guest cannot use', (_name, leaf, register, bit) => {
  expect((cpuid(leaf, 0)[register] >>> bit) & 1).toBe(0);
});

// prettier-ignore
it.each([
  ['TSC',       1,           'edx', 4],
  ['PAE',       1,           'edx', 6],
  ['CMPXCHG8B', 1,           'edx', 8],
  ['SYSENTER',  1,           'edx', 11],
  ['CMOV',      1,           'edx', 15],
  ['CMPXCHG16B', 1,          'ecx', 13],
  ['MOVBE',     1,           'ecx', 22],
  ['POPCNT',    1,           'ecx', 23],
  ['LZCNT',     0x8000_0001, 'ecx', 5],
  ['BMI1',      7,           'ebx', 3],
  ['BMI2',      7,           'ebx', 8],
  ['ADX',       7,           'ebx', 19],
  ['SMEP',      7,           'ebx', 7],
  ['SMAP',      7,           'ebx', 20],
  ['SYSCALL',   0x8000_0001, 'edx', 11],
  ['NX',        0x8000_0001, 'edx', 20],
  ['long mode', 0x8000_0001, 'edx', 29],
] as const)('has %s', (_name, leaf, register, bit) => {
  expect((cpuid(leaf, 0)[register] >>> bit) & 1).toBe(1);
});

it('has zeros for unknown leaves and subleaves', () => {
  const zero = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  expect([cpuid(7, 1), cpuid(0x12, 0), cpuid(0x8000_000a, 0), cpuid(0xc000_0000, 0)]).toEqual([
    zero,
    zero,
    zero,
    zero,
  ]);
});

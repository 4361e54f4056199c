/** What CPUID tells the guest (APM vol 3 App. E), by the bits' names. */
import { expect, it } from 'vitest';
import { Cr4 } from '../../assembly/abi/processor-bits.js';
import { guestCpuid } from '../../src/hypervisor/cpuid.js';
import { Processor } from '../../src/svm/processor.js';

const host = await Processor.create({ memoryBytes: 1 << 16 });
const cpuid = (leaf: number, subleaf: number, cr4 = 0) => guestCpuid({ host, cr4 }, leaf, subleaf);

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
  ['APIC',          1,           'edx', 9],
  ['MTRR',          1,           'edx', 12],
  ['MONITOR',       1,           'ecx', 3],
  ['x2APIC',        1,           'ecx', 21],
  ['SVM',           0x8000_0001, 'ecx', 2],
] as const)('does not promise %s, which the guest cannot use', (_name, leaf, register, bit) => {
  expect((cpuid(leaf, 0)[register] >>> bit) & 1).toBe(0);
});

// prettier-ignore
it.each([
  ['x87',       1,           'edx', 0],
  ['TSC',       1,           'edx', 4],
  ['PAE',       1,           'edx', 6],
  ['CMPXCHG8B', 1,           'edx', 8],
  ['SYSENTER',  1,           'edx', 11],
  ['CMOV',      1,           'edx', 15],
  ['SSE2',      1,           'edx', 26],
  ['XSAVE',     1,           'ecx', 26],
  ['BMI1',      7,           'ebx', 3],
  ['SMAP',      7,           'ebx', 20],
  ['SYSCALL',   0x8000_0001, 'edx', 11],
  ['NX',        0x8000_0001, 'edx', 20],
  ['long mode', 0x8000_0001, 'edx', 29],
] as const)('has %s, as the processor', (_name, leaf, register, bit) => {
  expect((cpuid(leaf, 0)[register] >>> bit) & 1).toBe(1);
});

it('shows OSXSAVE as the guest has it in CR4, not as the host has it', () => {
  const osxsave = (cr4: number) => (cpuid(1, 0, cr4).ecx >>> 27) & 1;
  expect([osxsave(0), osxsave(Cr4.Osxsave)]).toEqual([0, 1]);
  expect((host.cpuid(1, 0).ecx >>> 27) & 1).toBe(1);
});

it('sizes the XSAVE area by XCR0, which guest and host share', () => {
  expect(cpuid(0xd, 0).ebx).toBe(576);
  expect(host.xsetbv(7n)).toBe(true);
  expect(cpuid(0xd, 0).ebx).toBe(832);
});

it('has zeros for unknown leaves and subleaves, and for SVM', () => {
  const zero = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  expect(cpuid(0x8000_0000, 0).eax).toBe(0x8000_0008);
  expect([cpuid(7, 1), cpuid(0x12, 0), cpuid(0x8000_000a, 0), cpuid(0xc000_0000, 0)]).toEqual([
    zero,
    zero,
    zero,
    zero,
  ]);
});

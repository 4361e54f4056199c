/** The hypervisor's walk of the guest's page tables, against tables built here (APM vol 2 §5.2 to §5.5). */
import { describe, expect, it } from 'vitest';
import { Cr0, Cr4, Efer, PageFault, Rflags } from '../../assembly/abi/processor-bits.js';
import { VMCB_BYTES } from '../../assembly/abi/vmcb-layout.js';
import { GuestMemory } from '../../src/hypervisor/guest-memory.js';
import { type GuestAccess, translate } from '../../src/hypervisor/guest-paging.js';
import { Vmcb } from '../../src/svm/vmcb.js';

const RAM_BYTES = 0x10000;
const P = 1n;
const W = 2n;
const U = 4n;
const A = 0x20n;
const D = 0x40n;
const LARGE = 0x80n;

/** 64 KiB of RAM, with the hypervisor's pages above it, full of entries that look present. */
function machine(): { memory: GuestMemory; bytes: DataView; vmcb: Vmcb } {
  const all = new Uint8Array(2 * RAM_BYTES).fill(0xff);
  all.fill(0, 0, RAM_BYTES);
  const memory = new GuestMemory(
    { read: (at, n) => all.slice(at, at + n), write: (at, data) => all.set(data, at) },
    RAM_BYTES,
  );
  const vmcb = new Vmcb(new DataView(new ArrayBuffer(VMCB_BYTES)), 0);
  vmcb.setNumber('cr0', Cr0.Pe);
  return { memory, bytes: new DataView(all.buffer), vmcb };
}

/** 4-level paging: tables at 1000h, 2000h, 3000h and 4000h map linear 0 to 5000h with `leaf`'s bits. */
function fourLevel(leaf: bigint, upper = P | W | U): ReturnType<typeof machine> {
  const made = machine();
  made.vmcb.set('cr0', BigInt(Cr0.Pe) | 0x8000_0000n);
  made.vmcb.setNumber('cr4', Cr4.Pae);
  made.vmcb.setNumber('efer', Efer.Lme | Efer.Lma | Efer.Svme);
  made.vmcb.setNumber('cr3', 0x1000);
  for (const table of [0x1000, 0x2000, 0x3000])
    made.bytes.setBigUint64(table, BigInt(table + 0x1000) | upper, true);
  made.bytes.setBigUint64(0x4000, 0x5000n | leaf, true);
  return made;
}

it('without paging, linear is physical, 32 bits of it', () => {
  const { memory, vmcb } = machine();
  expect(translate(memory, vmcb, 0x1_0000_1234n, 'read')).toEqual({ gpa: 0x1234 });
});

describe('4-level paging', () => {
  it('goes through four tables, sets A everywhere and D in the leaf of a write', () => {
    const { memory, vmcb, bytes } = fourLevel(P | W);
    expect(translate(memory, vmcb, 0x123n, 'write')).toEqual({ gpa: 0x5123 });
    expect(bytes.getBigUint64(0x1000, true) & (A | D)).toBe(A);
    expect(bytes.getBigUint64(0x4000, true) & (A | D)).toBe(A | D);
  });

  it('leaves no trace when it only looks', () => {
    const { memory, vmcb, bytes } = fourLevel(P);
    expect(translate(memory, vmcb, 0x123n, 'look')).toEqual({ gpa: 0x5123 });
    expect(bytes.getBigUint64(0x4000, true)).toBe(0x5000n | P);
  });

  it('ends early at a 2 MiB page', () => {
    const { memory, vmcb, bytes } = fourLevel(P);
    bytes.setBigUint64(0x3000, 0x40_0000n | P | LARGE, true);
    expect(translate(memory, vmcb, 0x1_2345n, 'read')).toEqual({ gpa: 0x41_2345 });
  });

  const NOT_PRESENT = 0;
  // prettier-ignore
  it.each<readonly [string, bigint, GuestAccess, cpl: number, cr0: bigint, fault: number | null]>([
    ['a page that is not present',           W | U,     'read',  0, 0n,            NOT_PRESENT],
    ['a write by CPL 3 to one not present',  0n,        'write', 3, 0n,            PageFault.Write | PageFault.User],
    ['CPL 3 reading a supervisor page',      P | W,     'read',  3, 0n,            PageFault.Present | PageFault.User],
    ['CPL 3 writing a read-only page',       P | U,     'write', 3, 0n,            PageFault.Present | PageFault.Write | PageFault.User],
    ['CPL 0 writing one, WP set',            P,         'write', 0, 0x1_0000n,     PageFault.Present | PageFault.Write],
    ['CPL 0 writing one, WP clear',          P,         'write', 0, 0n,            null],
    ['CPL 3 writing a user page',            P | W | U, 'write', 3, 0n,            null],
  ])('%s', (_case, leaf, access, cpl, cr0, fault) => {
    const { memory, vmcb } = fourLevel(leaf);
    vmcb.set('cpl', cpl);
    vmcb.set('cr0', vmcb.get('cr0') | cr0);
    expect(translate(memory, vmcb, 0n, access)).toEqual(fault === null ? { gpa: 0x5000 } : { fault });
  });

  it('needs U and W at every level', () => {
    const { memory, vmcb } = fourLevel(P | W | U, P | W);
    vmcb.set('cpl', 3);
    expect(translate(memory, vmcb, 0n, 'read')).toEqual({ fault: PageFault.Present | PageFault.User });
  });

  it('respects SMAP unless AC is set', () => {
    const { memory, vmcb } = fourLevel(P | W | U);
    vmcb.setNumber('cr4', Cr4.Pae | Cr4.Smap);
    expect(translate(memory, vmcb, 0n, 'read')).toEqual({ fault: PageFault.Present });
    vmcb.setNumber('rflags', Rflags.Ac);
    expect(translate(memory, vmcb, 0n, 'read')).toEqual({ gpa: 0x5000 });
  });

  it("never reads a table in the hypervisor's pages, and never writes one", () => {
    const { memory, vmcb, bytes } = fourLevel(P | W);
    const before = bytes.getBigUint64(RAM_BYTES, true);
    vmcb.setNumber('cr3', RAM_BYTES);
    translate(memory, vmcb, 0n, 'write');
    expect(bytes.getBigUint64(RAM_BYTES, true)).toBe(before);
  });
});

it('PAE: three levels, the first without rights', () => {
  const { memory, vmcb, bytes } = machine();
  vmcb.set('cr0', BigInt(Cr0.Pe) | 0x8000_0000n);
  vmcb.setNumber('cr4', Cr4.Pae);
  vmcb.setNumber('cr3', 0x1020);
  vmcb.set('cpl', 3);
  bytes.setBigUint64(0x1028, 0x2000n | P, true); // PDPE 1
  bytes.setBigUint64(0x2000, 0x3000n | P | W | U, true);
  bytes.setBigUint64(0x3008, 0x6000n | P | W | U, true);
  expect(translate(memory, vmcb, 0x4000_1abcn, 'write')).toEqual({ gpa: 0x6abc });
  expect(bytes.getBigUint64(0x1028, true)).toBe(0x2000n | P);
});

it('legacy: two levels, or one with a 4 MiB page', () => {
  const { memory, vmcb, bytes } = machine();
  vmcb.set('cr0', BigInt(Cr0.Pe) | 0x8000_0000n);
  vmcb.setNumber('cr3', 0x1000);
  bytes.setUint32(0x1000, 0x2000 | Number(P | W), true);
  bytes.setUint32(0x2004, 0x7000 | Number(P | W), true);
  bytes.setUint32(0x1004, 0x40_0000 | Number(P | W | LARGE), true);
  expect(translate(memory, vmcb, 0x1abcn, 'write')).toEqual({ gpa: 0x7abc });
  vmcb.setNumber('cr4', Cr4.Pse);
  expect(translate(memory, vmcb, 0x41_2345n, 'read')).toEqual({ gpa: 0x41_2345 });
});

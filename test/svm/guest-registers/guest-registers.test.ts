/** Registers by name: the same inside the guest and after a #VMEXIT, and what is written is what the guest goes on with. */
import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import { GuestRegisters } from '../../../src/svm/guest-registers/guest-registers.js';
import type { VmcbSegmentName } from '../../../src/svm/vmcb.js';
import { BareGuest } from '../../helpers/bare-guest.js';
import { otherValue } from '../../helpers/register-values.js';

const SEGMENTS: readonly VmcbSegmentName[] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'];
const VMMCALL = [0x0f, 0x01, 0xd9];
const NOPS = [0x90, 0x90, 0x90, 0x90, 0x90, 0x90];

let guest: BareGuest;
let registers: GuestRegisters;

beforeEach(async () => {
  guest = await BareGuest.create();
  registers = new GuestRegisters(guest.processor, guest.vmcb);
});

/** Runs a few NOPs and stays inside the guest. */
function enter(): void {
  expect(guest.processor.vmrun(guest.vmcb, { maxInstructions: 2 }).kind).toBe('paused');
}

function everything(): Record<string, unknown> {
  const values = registers.names().map((name) => [name, registers.get(name)] as const);
  const segments = SEGMENTS.map((name) => [`segment ${name}`, registers.segment(name)] as const);
  return Object.fromEntries([...values, ...segments, ['gdtr', registers.table('gdtr')]]);
}

function other(name: string): bigint {
  return otherValue(registers, name);
}

describe.each(['real', 'protected', 'long'] as const)('%s mode', (mode) => {
  it('reads the same inside the guest and after it has been left', () => {
    guest[mode]([...NOPS, ...VMMCALL]);
    guest.processor.registers.set('r9', 0x1234n);
    guest.processor.core.vectorRegisters.fill(0x5a, 32, 96);
    enter();
    const inside = everything();
    guest.processor.leave();
    expect(everything()).toEqual(inside);
    expect(inside).toMatchObject({ rip: 0x1002n, r9: 0x1234n, ymm1: BigInt(`0x${'5a'.repeat(32)}`) });
  });
});

describe('writing', () => {
  const WRITABLE = ['rax', 'ah', 'eax', 'r9b', 'rsp', 'rip', 'rflags', 'eflags', 'cr0', 'cr2', 'cr3', 'cr4'];
  const OTHERS = ['cr8', 'dr0', 'dr3', 'dr6', 'dr7', 'efer', 'pat', 'star', 'lstar', 'cstar', 'sfmask'];
  const MORE = ['kernelGsBase', 'sysenterCs', 'sysenterEsp', 'sysenterEip', 'tscAux', 'xcr0', 'fs', 'ds'];
  const MEDIA = [
    'ymm3',
    'xmm15',
    'mxcsr',
    'fcw',
    'fsw',
    'ftw',
    'st0',
    'st7',
    'mm2',
    'fop',
    'fip',
    'fdp',
    'fds',
  ];

  it.each([...WRITABLE, ...OTHERS, ...MORE, ...MEDIA])('%s inside, and the guest goes on with it', (name) => {
    guest.long([...NOPS, ...VMMCALL]);
    enter();
    const value = other(name);
    expect(registers.get(name)).not.toBe(value);
    registers.set(name, value);
    expect(registers.get(name)).toBe(value);
    guest.processor.leave();
    expect(registers.get(name)).toBe(value);
    enter();
    if (name !== 'rip') expect(registers.get(name)).toBe(value);
  });

  it.each([...WRITABLE, ...OTHERS, ...MORE, ...MEDIA])('%s before VMRUN, which loads it', (name) => {
    guest.long([...NOPS, ...VMMCALL]);
    guest.vmcb.set('clean', 0xffff_ffff);
    registers.set(name, other(name));
    const value = registers.get(name);
    expect(value).toBe(other(name));
    expect(guest.processor.vmrun(guest.vmcb, { maxInstructions: 0 }).kind).toBe('paused');
    expect(registers.get(name)).toBe(value);
  });

  it('takes a segment with its hidden part', () => {
    guest.protected([...NOPS, ...VMMCALL]);
    const segment = { selector: 0x33, attributes: 0xc93, limit: 0xffff, base: 0x12_0000n };
    enter();
    registers.setSegment('ds', segment);
    registers.setSegment('gs', segment);
    registers.setTable('idtr', { base: 0x4000n, limit: 0xff });
    expect(guest.processor.resume().kind).toBe('vmmcall');
    expect(registers.segment('ds')).toEqual(segment);
    expect(registers.segment('gs')).toEqual(segment);
    expect(registers.table('idtr')).toEqual({ base: 0x4000n, limit: 0xff });
  });

  it('marks what it changes in the VMCB as changed', () => {
    guest.long([...NOPS, ...VMMCALL]);
    for (const name of ['cr3', 'dr7', 'cr2', 'cr8', 'ds']) {
      guest.vmcb.set('clean', 0xffff_ffff);
      registers.set(name, other(name));
      expect(guest.vmcb.get('clean'), name).not.toBe(0xffff_ffff);
    }
  });

  it('makes the guest read through the page tables that CR3 names now', () => {
    // mov rax, [200000h] (disp32); vmmcall
    guest.long([0x90, 0x48, 0x8b, 0x04, 0x25, 0x00, 0x00, 0x08, 0x00, ...VMMCALL, 0xeb, 0xf2]);
    const { words } = guest.processor;
    words.setBigUint64(0x8_0000, 0x1111n, true);
    words.setBigUint64(0x9_0000, 0x2222n, true);
    expect(guest.processor.vmrun(guest.vmcb).kind).toBe('vmmcall');
    expect(registers.get('rax')).toBe(0x1111n);
    // The same with 4 KiB pages, but for one.
    const [root, pointers, directory, table] = [0xa_0000, 0xa_1000, 0xa_2000, 0xa_3000];
    words.setBigUint64(root, BigInt(pointers | 7), true);
    words.setBigUint64(pointers, BigInt(directory | 7), true);
    words.setBigUint64(directory, BigInt(table | 7), true);
    for (let i = 0; i < 512; i++) words.setBigUint64(table + 8 * i, BigInt((i << 12) | 7), true);
    words.setBigUint64(table + 8 * 0x80, BigInt(0x9_0000 | 7), true);
    guest.vmcb.set('rip', 0x1000n);
    expect(guest.processor.vmrun(guest.vmcb, { maxInstructions: 1 }).kind).toBe('paused');
    registers.set('cr3', root);
    expect(guest.processor.resume().kind).toBe('vmmcall');
    expect(registers.get('rax')).toBe(0x2222n);
  });

  it.each([
    ['cr4', 1n << 40n],
    ['cr0', 0x8000_0010n],
    ['efer', 1n << 20n],
    ['dr7', 1n << 33n],
    ['xcr0', 4n],
    ['mxcsr', 0x1_0000n],
    ['lstar', 1n << 60n],
    ['al', 256],
    ['rax', -1],
    ['rax', 1.5],
    ['r20', 0],
  ])('refuses %s = %s, and changes nothing', (name, value) => {
    guest.long([...NOPS, ...VMMCALL]);
    const before = everything();
    expect(() => registers.set(name, value)).toThrow(UsageError);
    expect(everything()).toEqual(before);
    enter();
    const inside = everything();
    expect(() => registers.set(name, value)).toThrow(UsageError);
    expect(everything()).toEqual(inside);
  });

  it('leaves long mode when paging is turned off, as VMRUN would have it', () => {
    guest.long([...NOPS, ...VMMCALL]);
    enter();
    registers.set('cr0', 0x11n);
    expect(registers.get('efer') & 0x500n).toBe(0x100n);
  });
});

it('gives the parts of a register', () => {
  guest.long(NOPS);
  registers.set('rax', 0x1122_3344_5566_7788n);
  const parts = ['eax', 'ax', 'ah', 'al'].map((name) => registers.get(name));
  expect(parts).toEqual([0x5566_7788n, 0x7788n, 0x77n, 0x88n]);
  registers.set('ah', 0xff);
  registers.set('r10d', 5);
  expect([registers.get('rax'), registers.get('r10')]).toEqual([0x1122_3344_5566_ff88n, 5n]);
  expect(['sil', 'bpl', 'si', 'esi', 'r8w'].every((name) => registers.names().includes(name))).toBe(true);
});

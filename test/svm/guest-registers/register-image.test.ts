/** Images of all registers: equal if and only if every register is, and a change has the name and the values that it had. */
import { beforeEach, describe, expect, it } from 'vitest';
import { GuestRegisters } from '../../../src/svm/guest-registers/guest-registers.js';
import type { VmcbSegmentName } from '../../../src/svm/vmcb.js';
import { BareGuest } from '../../helpers/bare-guest.js';
import { otherValue } from '../../helpers/register-values.js';

const SEGMENTS: readonly VmcbSegmentName[] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'];
const NOPS = [0x90, 0x90, 0x90, 0x90, 0x90, 0x90];
/** Registers that are no part of another one; mm0 to mm7 are st0 to st7, seen otherwise. */
// prettier-ignore
const WHOLE = [
  'rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip', 'rflags', 'cpl',
  'cr0', 'cr2', 'cr3', 'cr4', 'cr8', 'dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7', 'efer', 'star', 'lstar', 'cstar', 'sfmask', 'kernelGsBase',
  'sysenterCs', 'sysenterEsp', 'sysenterEip', 'pat', 'tscAux', 'xcr0', 'mxcsr', 'fcw', 'fsw', 'ftw', 'fop', 'fip', 'fdp', 'fcs', 'fds',
  ...Array.from({ length: 16 }, (_, i) => `ymm${i}`),
  ...Array.from({ length: 8 }, (_, i) => `st${i}`),
];

let guest: BareGuest;
let registers: GuestRegisters;

beforeEach(async () => {
  guest = await BareGuest.create();
  registers = new GuestRegisters(guest.processor, guest.vmcb);
  guest.long(NOPS);
});

function enter(): void {
  expect(guest.processor.vmrun(guest.vmcb, { maxInstructions: 2 }).kind).toBe('paused');
}

/** Every register by itself. */
function everything(): Map<string, bigint> {
  const values = new Map(WHOLE.map((name) => [name, registers.get(name)]));
  for (const name of SEGMENTS) {
    const { selector, attributes, limit, base } = registers.segment(name);
    values.set(name, BigInt(selector)).set(`${name} attributes`, BigInt(attributes));
    values.set(`${name} limit`, BigInt(limit)).set(`${name} base`, base);
  }
  for (const name of ['gdtr', 'idtr'] as const) {
    const { base, limit } = registers.table(name);
    values.set(`${name} base`, base).set(`${name} limit`, BigInt(limit));
  }
  return values;
}

/** Makes a change, and holds what the images say against what the registers say one by one. */
function expectSameChanges(change: () => void): string[] {
  const [values, image] = [everything(), registers.image()];
  change();
  const expected = [...everything()].flatMap(([name, to]) => {
    const from = values.get(name);
    return from === to ? [] : [{ name, from, to }];
  });
  const changes = image.changesTo(registers.image());
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  expect(changes.sort(byName)).toEqual(expected.sort(byName));
  expect(image.equals(registers.image())).toBe(expected.length === 0);
  return changes.map(({ name }) => name);
}

it.each(['real', 'protected', 'long'] as const)(
  '%s mode: is the same after the guest has been left',
  (mode) => {
    guest[mode](NOPS);
    enter();
    expect(expectSameChanges(() => guest.processor.leave())).toEqual([]);
  },
);

describe.each(['inside', 'outside'])('%s the guest', (where) => {
  beforeEach(() => {
    if (where === 'inside') enter();
  });

  it.each(WHOLE.filter((name) => name !== 'cpl'))('%s', (name) => {
    expect(expectSameChanges(() => registers.set(name, otherValue(registers, name)))).toContain(name);
  });

  it.each(SEGMENTS)('%s with its hidden part', (name) => {
    const { selector, attributes } = registers.segment(name);
    const segment = {
      selector: selector ^ 8,
      attributes: attributes ^ 0x400,
      limit: 0x1_2345,
      base: 0x12_3000n,
    };
    const isCode = name === 'cs'; // a code segment of 64 bits and of 32 at once is refused
    const change = isCode ? { ...segment, attributes } : segment;
    const changed = expectSameChanges(() => registers.setSegment(name, change));
    const parts = [name, `${name} limit`, `${name} base`, ...(isCode ? [] : [`${name} attributes`])];
    expect(changed).toEqual(expect.arrayContaining(parts));
  });

  it.each(['gdtr', 'idtr'] as const)('%s', (name) => {
    const changed = expectSameChanges(() => registers.setTable(name, { base: 0x7777n, limit: 0x3e7 }));
    expect(changed.sort()).toEqual([`${name} base`, `${name} limit`]);
  });
});

it('cpl, which is part of a word that is not its own', () => {
  guest.vmcb.bytes()[0x4c8] = 0x5a;
  const before = registers.image();
  guest.vmcb.set('cpl', 3);
  expect(before.changesTo(registers.image())).toEqual([{ name: 'cpl', from: 0n, to: 3n }]);
});

it('takes the place of one that is not needed any more', () => {
  const [old, before] = [registers.image(), registers.image()];
  registers.set('r9', 0x1234n);
  expect(registers.image(old)).toBe(old);
  expect(before.changesTo(old)).toEqual([{ name: 'r9', from: 0n, to: 0x1234n }]);
});

it('goes by the top of the x87 stack', () => {
  registers.set('st2', 0x4000_8000_0000_0000_0000n);
  expect(expectSameChanges(() => registers.set('fsw', 2n << 11n))).toEqual(
    expect.arrayContaining(['st0', 'st2', 'fsw']),
  );
});

/** RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE (APM vol 3). */
import { beforeEach, expect, it } from 'vitest';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableState } from '../../helpers/state-area.js';

const machine = await Machine.create();
const { state } = machine;

const run = (bytes: string) => outcomeOf(machine, [...hex(bytes)]);

beforeEach(() => {
  enableState(machine, 3);
  state.setBig('fsBase', 0x1234_5678_9abcn);
  state.setBig('gsBase', 0xffff_8000_0000_0000n);
});

it.each([
  ['RDFSBASE rcx', 'f3480faec1', 0x1234_5678_9abcn],
  ['RDFSBASE ecx', 'f30faec1', 0x5678_9abcn],
  ['RDGSBASE rcx', 'f3480faec9', 0xffff_8000_0000_0000n],
])('%s', (_name, bytes, value) => {
  state.setBig('rcx', ~0n);
  expect(run(bytes)).toBe('completed');
  expect(state.big('rcx')).toBe(value);
});

it.each([
  ['WRFSBASE rcx', 'f3480faed1', 'fsBase', 0xffff_8765_4321_0123n],
  ['WRFSBASE ecx', 'f30faed1', 'fsBase', 0x4321_0123n],
  ['WRGSBASE rcx', 'f3480faed9', 'gsBase', 0xffff_8765_4321_0123n],
])('%s', (_name, bytes, field, value) => {
  state.setBig('rcx', 0xffff_8765_4321_0123n);
  expect(run(bytes)).toBe('completed');
  expect(state.big(field)).toBe(value);
});

it('raises #GP(0) for an address that is not canonical', () => {
  state.setBig('rcx', 0x8000_0000_0000n);
  expect(run('f3480faed1')).toBe('#GP(0)');
  expect(state.big('fsBase')).toBe(0x1234_5678_9abcn);
});

it.each([
  ['RDFSBASE', 'f3480faec1'],
  ['WRGSBASE', 'f3480faed9'],
])('%s raises #UD without CR4.FSGSBASE', (_name, bytes) => {
  machine.long(3);
  expect(run(bytes)).toBe('#UD');
});

it('exists in 64-bit mode alone', () => {
  machine.flat32();
  expect(run('f30faec1')).toBe('#UD');
});

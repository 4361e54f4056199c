/** What callers without a type checker get wrong: an error that says so, at once, and never a run without end. */
import { expect, it } from 'vitest';
import { assemble } from '../src/asm/index.js';
import { UsageError } from '../src/errors.js';
import { compare, createVm, findShippedGuest, intercept, Processor, restoreVm } from '../src/index.js';
import { Debugger, sweep } from '../src/lab/index.js';
import { createVmInWorker } from '../src/worker/index.js';

/** What no type allows. */
const wrong = (value: unknown): never => value as never;

/** jmp $ */
const FOREVER = Uint8Array.of(0xeb, 0xfe);
const vm = await createVm({ guest: FOREVER });
const processor = await Processor.create({ memoryBytes: 1 << 20 });
const vmcb = processor.vmcb(0x1000);

it.each<[call: string, mistake: () => unknown, message: RegExp]>([
  ['run(1000)', () => vm.run(wrong(1000)), /run takes an object with options, not 1000/],
  ['runAsync(null)', () => vm.runAsync(wrong(null)), /run takes an object/],
  ['settle(5)', () => vm.settle(wrong(5)), /settle takes an object/],
  ['requestNmi(5)', () => vm.requestNmi(wrong(5)), /requestNmi takes an object with options, not 5/],
  ['restore({})', () => vm.restore(wrong({})), /a snapshot is expected/],
  ['restore()', () => vm.restore(wrong(undefined)), /a snapshot is expected/],
  ['restoreVm({})', () => restoreVm(wrong({})), /a snapshot is expected/],
  ['memory.write of text', () => vm.memory.write(0, wrong('abc')), /the bytes of a Uint8Array/],
  ['intercept of nothing that there is', () => intercept(vmcb, wrong('hlt2')), /no intercept "hlt2"/],
  [
    'vmrun(vmcb, 1000)',
    () => processor.vmrun(vmcb, wrong(1000)),
    /a run takes an object with options, not 1000/,
  ],
  ['findShippedGuest()', () => findShippedGuest(wrong(undefined)), /found by its name/],
  ['assemble()', () => assemble(wrong(undefined)), /the text of a source/],
  ['assemble(…, 32)', () => assemble('nop', wrong(32)), /assemble takes an object with options, not 32/],
  ['assemble for 7 bits', () => assemble('nop', { bits: wrong(7) }), /bits is 7: expected 16, 32 or 64/],
  ['compare()', () => compare(wrong(undefined)), /compare takes an object/],
  [
    'compare without a schedule',
    () => compare(wrong({ name: 'guest', guest: FOREVER })),
    /a schedule is of a kind of none, every, random, at/,
  ],
  ['sweep()', () => sweep(wrong(undefined)), /sweep takes an object/],
  ['new Debugger()', () => new Debugger(wrong(undefined)), /a Debugger is for a Vm/],
  ['createVmInWorker()', () => createVmInWorker(wrong(undefined)), /createVmInWorker takes an object/],
])('%s', async (_, mistake, message) => {
  const error = await new Promise((resolve) => resolve(mistake())).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as UsageError).message).toMatch(message);
});

it('changes nothing: no bit of the VMCB is set', () => {
  expect(vmcb.get('interceptCr')).toBe(0);
});

/** What an interrupt or a return has found out about gates and segments holds for as long as all that it looked at is the same. */
import { describe, expect, it } from 'vitest';
import { Efer, Rflags } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { Transfer } from '../../assembly/abi/transfer.js';
import {
  BIG,
  CODE,
  CODE0,
  CODE_TYPE,
  DATA0,
  DATA3,
  DATA_TYPE,
  FREE,
  GRANULAR,
  HANDLER,
  LONG,
  SegmentedMachine,
  STACK,
} from '../helpers/segmented-machine.js';

const VECTOR = 0x40;
const NO_FRAME = 0xffff_ffff_ffff_ffffn;

type Change = (machine: SegmentedMachine) => void;

/** INT n has been executed twice: the first fills the TLB. */
async function start(isLong: boolean): Promise<SegmentedMachine> {
  const machine = await SegmentedMachine[isLong ? 'long' : 'protected']({ jit: false });
  machine.setDescriptor(FREE, { type: CODE_TYPE, flags: GRANULAR | (isLong ? LONG : BIG) });
  if (isLong) machine.setLongGate(VECTOR, HANDLER);
  else machine.setGate(VECTOR, HANDLER);
  machine.code(CODE, 'cd 40');
  for (let i = 0; i < 2; i++) machine.run(1, CODE);
  return machine;
}

const handler = ({ core }: SegmentedMachine, vector = VECTOR): bigint =>
  BigInt.asUintN(64, core.exports.handlerInLevel(vector));

/** IRET from a frame with these selectors. */
function returnThrough(machine: SegmentedMachine, isLong: boolean, code: number, stack: number): Transfer {
  const slots = [CODE, code, Rflags.Always1, STACK, stack];
  const top = STACK - 0x100;
  slots.forEach((slot, i) => {
    if (isLong) machine.quad(top + 8 * i, BigInt(slot));
    else machine.word(top + 4 * i, slot);
  });
  machine.core.state.setBig('rsp', BigInt(top));
  return machine.core.exports.compiledReturn(isLong ? 3 : 2);
}

const setCodeLimit: Change = ({ core }) => {
  core.state.setSegment(Seg.Cs, { ...core.state.segment(Seg.Cs), limit: 0xffff });
};
const withFlags =
  (flags: number): Change =>
  (machine) => {
    machine.flags = Rflags.Always1 | flags;
  };

// prettier-ignore
const ANY_MODE: readonly (readonly [string, Change])[] = [
  ['a shorter IDT',            ({ core }) => { core.state.set('idtrLimit', 0xff); }],
  ['an IDT elsewhere',         ({ core }) => { core.state.setNum('idtrBase', core.state.num('idtrBase') + 0x20); }],
  ['a shorter GDT',            ({ core }) => { core.state.set('gdtrLimit', 7); }],
  ['another level',            ({ core }) => { core.state.set('cpl', 3); }],
  ['another base in CS',       ({ core }) => { core.state.setBig('csBase', 0x100n); }],
  ['another limit in CS',      setCodeLimit],
  ['a trap after each instruction', withFlags(Rflags.Tf)],
];
// prettier-ignore
const PROTECTED_MODE: readonly (readonly [string, Change])[] = [
  ['virtual-8086 mode',        withFlags(Rflags.Vm)],
  ['compatibility mode',       ({ core }) => { core.state.setBig('efer', BigInt(Efer.Lma)); }],
];

describe.each([
  ['32-bit', false, PROTECTED_MODE],
  ['64-bit', true, []],
] as const)('%s code', (_, isLong, ofMode) => {
  it.each([...ANY_MODE, ...ofMode])('the gate is looked at again after %s', async (_what, change) => {
    const machine = await start(isLong);
    expect(handler(machine)).toBe(BigInt(HANDLER));
    change(machine);
    expect(handler(machine)).toBe(NO_FRAME);
  });

  it('each vector has its own gate', async () => {
    const machine = await start(isLong);
    expect(handler(machine, VECTOR + 1)).toBe(NO_FRAME);
    expect(handler(machine)).toBe(BigInt(HANDLER));
  });

  it('a return looks at the selectors of its frame, and for traps', async () => {
    const machine = await start(isLong);
    const run = (code: number, stack: number) => returnThrough(machine, isLong, code, stack);
    expect(run(CODE0, DATA0)).toBe(Transfer.Inside);
    expect(run(FREE, DATA0), 'the same segment by another name').toBe(Transfer.Declined);
    expect(run(CODE0, DATA3)).toBe(isLong ? Transfer.Declined : Transfer.Inside);
    machine.flags = Rflags.Always1 | Rflags.Tf;
    expect(run(CODE0, DATA0), 'a trap is due').toBe(Transfer.Declined);
  });
});

describe('a return in 64-bit mode looks at SS again after', () => {
  it.each<[string, Change]>([
    [
      'its descriptor has changed',
      (machine) => machine.setDescriptor(DATA0, { type: DATA_TYPE, limit: 0xffff }),
    ],
    [
      'its base has changed',
      ({ core }) => {
        core.state.setBig('ssBase', 0x100n);
      },
    ],
  ])('%s', async (_, change) => {
    const machine = await start(true);
    const run = () => returnThrough(machine, true, CODE0, DATA0);
    for (let i = 0; i < 2; i++) expect(run()).toBe(Transfer.Inside);
    change(machine);
    expect(run()).toBe(Transfer.Declined);
  });
});

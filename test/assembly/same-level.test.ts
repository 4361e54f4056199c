/**
 * The short way of interrupts and returns against the general way: what it does is the same, and what it declines it leaves
 * alone. A breakpoint that is never hit sends one of two machines the general way.
 */
import { describe, expect, it } from 'vitest';
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { Transfer } from '../../assembly/abi/transfer.js';
import {
  BIG,
  CODE,
  CODE0,
  CODE3,
  CODE_TYPE,
  DATA0,
  DATA3,
  DATA_TYPE,
  FAULT_HANDLER,
  FREE,
  GDT,
  GRANULAR,
  HANDLER,
  IDT,
  LDT,
  LONG,
  SegmentedMachine,
  STACK,
  USER_STACK,
} from '../helpers/segmented-machine.js';
import { Random } from '../silicon/random.js';

const CASES = 400;
const VECTOR = 0x40;
const PAGE = 4096;
/** CR0.AM: RFLAGS.AC counts. */
const ALIGNMENT_MASK = 0x40000n;
/** Vectors of exceptions that a case may raise: #DB to #AC. */
const EXCEPTIONS = Array.from({ length: 17 }, (_, i) => i + 1);
/** DR7 with breakpoint 0 on the execution of where DR0 points to. */
const BREAKPOINT_0 = 0x401n;
const ELSEWHERE = 0x7_0000n;
/** Registers of the processor that differ because of the breakpoint, or follow from it. */
const OF_BREAKPOINT = ['dr0', 'dr7', 'attention', 'clock', 'deadline', 'nextRip', 'blockRip'];
/** What a fault leaves behind is nobody's business once it is delivered; scratch registers never are. */
const SCRATCH = /^(fault|exit|exception|miss|repeat|t\d|address|address2)/;

/** A code segment that is the running one by another name. */
const ALIAS = FREE + 8;

type Case = (machine: SegmentedMachine, random: Random) => void;

function look({ core }: SegmentedMachine): string {
  const { state } = core;
  const names = state.names().filter((name) => !OF_BREAKPOINT.includes(name) && !SCRATCH.test(name));
  const flags = `rflags=${core.exports.rflags()}`;
  const seen = names.filter((name) => !name.startsWith('flag')).map((name) => `${name}=${state.whole(name)}`);
  return [...seen, flags, memoryOf(core.words)].join('\n');
}

/** Where a case may write: the tables and the stacks. */
const RANGES = [
  [GDT, LDT + PAGE],
  [STACK - 2 * PAGE, USER_STACK + PAGE],
] as const;

function memoryOf(words: DataView): string {
  let digest = 0;
  for (const [start, end] of RANGES) {
    for (let at = start; at < end; at += 4) digest = (Math.imul(digest, 31) + words.getInt32(at, true)) | 0;
  }
  return `memory=${digest}`;
}

interface Mode {
  readonly isLong: boolean;
  readonly make: () => Promise<SegmentedMachine>;
}

const MODES: readonly (readonly [string, Mode])[] = [
  ['32-bit', { isLong: false, make: () => SegmentedMachine.protected({ jit: false }) }],
  ['64-bit', { isLong: true, make: () => SegmentedMachine.long({ jit: false }) }],
];

/** Sets everything that a case changes, and has the TLB hold what it needs. */
function begin(machine: SegmentedMachine, { isLong }: Mode, random: Random): void {
  const size = GRANULAR | (isLong ? LONG : BIG);
  const level = random.pick([0, 0, 3] as const);
  machine.setDescriptor(CODE0, { type: CODE_TYPE, flags: size });
  machine.setDescriptor(CODE3, { type: CODE_TYPE | 0x60, flags: size });
  machine.setDescriptor(DATA0, { type: DATA_TYPE });
  machine.setDescriptor(DATA3, { type: DATA_TYPE | 0x60 });
  machine.setDescriptor(FREE, { type: CODE_TYPE | 4, flags: size });
  machine.setDescriptor(ALIAS, { type: CODE_TYPE | (level << 5), flags: size });
  for (const vector of [...EXCEPTIONS, VECTOR]) {
    const target = vector === VECTOR ? HANDLER : FAULT_HANDLER;
    if (isLong) machine.setLongGate(vector, target);
    else machine.setGate(vector, target);
  }
  const { state } = machine.core;
  state.setBig('cr0', (state.big('cr0') & ~ALIGNMENT_MASK) | (random.chance(0.5) ? ALIGNMENT_MASK : 0n));
  machine.flags = Rflags.Always1;
  machine.enterLevel(level);
  machine.core.state.setBig('rsp', BigInt(STACK - 8 * random.below(8)));
}

/** Touches the tables and the stack as the processor would. */
function warm(machine: SegmentedMachine): void {
  const { state } = machine.core;
  const before = ['rsp', 'clock', 'eventsDelivered'].map((name) => [name, state.whole(name)] as const);
  const level = state.get('cpl') as 0 | 3;
  const rsp = state.big('rsp');
  for (const each of [3, 0] as const) {
    machine.enterLevel(each);
    state.setBig('rsp', rsp);
    // PUSH and POP, so that the stack is in the TLB for stores; INT from level 0 for the tables.
    machine.code(CODE, '50 58');
    machine.run(2, CODE);
  }
  machine.code(CODE, 'cd 40');
  machine.run(1, CODE);
  machine.enterLevel(level);
  machine.flags = Rflags.Always1;
  for (const [name, value] of before) state.setWhole(name, value);
}

/** Runs random cases on two machines; how many the short way took. */
async function campaign(
  mode: Mode,
  seed: number,
  prepare: Case,
  bytes: string,
  short: (machine: SegmentedMachine) => Transfer,
): Promise<number> {
  const machines = [await mode.make(), await mode.make()] as const;
  let taken = 0;
  for (let i = 0; i < CASES; i++) {
    for (const machine of machines) {
      const random = new Random(seed + i);
      begin(machine, mode, random);
      warm(machine);
      prepare(machine, random);
      machine.code(CODE, bytes);
      machine.core.state.setBig('rip', BigInt(CODE));
      machine.core.exports.updateMode();
    }
    const [quick, general] = machines;
    const before = look(quick);
    expect(look(general), `case ${i} begins alike`).toBe(before);
    const result = short(quick);
    if (result === Transfer.Declined) {
      expect(look(quick), `case ${i}, declined`).toBe(before);
      continue;
    }
    taken++;
    general.core.state.setBig('dr0', ELSEWHERE);
    general.core.state.setBig('dr7', BREAKPOINT_0);
    general.core.exports.updateMode();
    general.run(1);
    expect(look(quick), `case ${i}`).toBe(look(general));
    general.core.state.setBig('dr7', 0x400n);
  }
  return taken;
}

/** Flags with some of those that are special. */
function flagsOf(random: Random): number {
  const special = [
    Rflags.If,
    Rflags.Df,
    Rflags.Iopl,
    Rflags.Nt,
    Rflags.Ac,
    Rflags.Tf,
    Rflags.Rf,
    Rflags.Vm,
    Rflags.Id,
  ];
  const some = special.filter(() => random.chance(0.12)).reduce<number>((all, bit) => all | bit, 0);
  return Rflags.Always1 | (random.u32() & Rflags.Status) | some;
}

/** Now and then one field of a descriptor is another, in memory alone or in the segment register, too. */
function disturbDescriptor(machine: SegmentedMachine, random: Random, selector: number): void {
  if (random.chance(0.5)) return;
  const { state } = machine.core;
  const user = state.get('cpl') << 5;
  const isCode = selector === CODE0 || (selector | 3) === CODE3;
  const usual = {
    type: (isCode ? CODE_TYPE : DATA_TYPE) | user,
    flags: GRANULAR | (is64Bit(machine) && isCode ? LONG : BIG),
  };
  const unusual = random.pick([
    { type: usual.type ^ 1 },
    { type: usual.type ^ (1 << random.below(8)) },
    { flags: usual.flags ^ (1 << random.below(4)) },
    { base: 0x100 },
    { limit: 0xffff },
  ]);
  machine.setDescriptor(selector, { ...usual, ...unusual });
  if (random.chance(0.5)) machine.loadSegment(isCode ? Seg.Cs : Seg.Ss, selector | state.get('cpl'));
}

function is64Bit({ core }: SegmentedMachine): boolean {
  return core.state.big('efer') !== 0n;
}

/** Selectors of the running level, and now and then others. */
function selectorsOf(machine: SegmentedMachine, random: Random): { code: number; stack: number } {
  const isUser = machine.core.state.get('cpl') === 3;
  const [code, stack] = isUser ? [CODE3, DATA3] : [CODE0, DATA0];
  if (random.chance(0.75)) return { code, stack };
  const code2 = random.pick([
    code,
    ALIAS,
    ALIAS | 3,
    CODE0,
    CODE3,
    FREE,
    FREE | 3,
    0,
    3,
    DATA0,
    code | 4,
    0x1008,
  ]);
  return { code: code2, stack: random.pick([stack, DATA0, DATA3, CODE0, 0, 3, stack | 4]) };
}

describe.each(MODES)('%s code', (_, mode) => {
  const { isLong } = mode;

  it('INT n', { timeout: 60_000 }, async () => {
    const prepare: Case = (machine, random) => {
      const { code } = selectorsOf(machine, random);
      const type = random.chance(0.7)
        ? random.pick([0x8e, 0x8f, 0xee, 0xef])
        : random.pick([0x8e, 0x0e, 0x86, 0x87, 0x8c, 0x9e, 0xce, 0x80]);
      const offset = random.chance(0.9) ? HANDLER : 0x1234_5678;
      const ist = random.chance(0.9) ? 0 : 1;
      if (isLong) machine.setLongGate(VECTOR, offset, type, ist, code);
      else machine.setGate(VECTOR, offset, type, code);
      if (isLong && random.chance(0.1))
        machine.quad(IDT + VECTOR * 16 + 8, random.pick([0x8000n, 0xffff8000n, 0xffffffffn]));
      disturbDescriptor(machine, random, code & ~7 || CODE0);
      if (random.chance(0.1)) machine.core.state.setBig('rsp', BigInt(STACK - PAGE + random.below(64)));
      machine.flags = flagsOf(random) & ~(Rflags.Vm | Rflags.Tf);
    };
    const run = (machine: SegmentedMachine): Transfer =>
      machine.core.exports.compiledInterrupt(VECTOR, BigInt(CODE + 2));
    const taken = await campaign(mode, 1_000_000, prepare, 'cd 40', run);
    expect(taken).toBeGreaterThan(CASES / 10);
  });

  it('IRET', { timeout: 60_000 }, async () => {
    const prepare: Case = (machine, random) => {
      const { code, stack } = selectorsOf(machine, random);
      disturbDescriptor(machine, random, (random.chance(0.5) ? code : stack) & ~7 || CODE0);
      const target = random.chance(0.9) ? CODE + 64 : random.pick([0xffff_fff0, 0x8000]);
      const slots = [target, code, flagsOf(random), STACK - 8 * random.below(16), stack];
      const bytes = isLong ? 8 : 4;
      const top = machine.rsp - slots.length * bytes;
      slots.forEach((slot, i) => {
        const upper = BigInt(random.chance(0.1) ? random.u32() : 0);
        if (isLong) machine.quad(top + 8 * i, BigInt(slot >>> 0) | (upper << 32n));
        else machine.word(top + 4 * i, slot >>> 0);
      });
      machine.core.state.setBig('rsp', BigInt(top));
      machine.flags = flagsOf(random) & ~(Rflags.Vm | Rflags.Tf | Rflags.Rf);
    };
    const run = (machine: SegmentedMachine): Transfer => machine.core.exports.compiledReturn(isLong ? 3 : 2);
    const taken = await campaign(mode, 2_000_000, prepare, isLong ? '48 cf' : 'cf', run);
    expect(taken).toBeGreaterThan(CASES / 10);
  });
});

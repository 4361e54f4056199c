/**
 * Attack: random descriptor tables, frames and selectors under every instruction that loads a segment or transfers
 * control. Whatever they do, an instruction that faults has changed no register (APM vol 2 §8.1.2), and the core ends.
 */
import { describe, expect, it } from 'vitest';
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { Stop } from '../../assembly/abi/stop.js';
import { mulberry32 } from '../helpers/mulberry32.js';
import {
  CODE,
  GDT,
  HANDLER,
  IDT,
  LDT,
  SegmentedMachine,
  STACK,
  TSS,
  USER_STACK,
} from '../helpers/segmented-machine.js';

const CASES = 2000;
const NEW_TSS = 0x5000;
const SEGMENTS = [Seg.Es, Seg.Cs, Seg.Ss, Seg.Ds, Seg.Fs, Seg.Gs, Seg.Ldtr, Seg.Tr];
/** What software can see of the processor, segments and RFLAGS apart. */
// prettier-ignore
const WIDE_FIELDS = [
  'rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'rip',
  'cr0', 'cr2', 'cr3', 'cr4', 'efer', 'dr6', 'dr7', 'gdtrBase', 'idtrBase',
];
const NARROW_FIELDS = ['cpl', 'mode', 'shadow', 'nmiMask', 'activity', 'gdtrLimit', 'idtrLimit', 'nmiDepth'];

/** Far transfers, returns, interrupts and segment loads in 16- and 32-bit operand size; all selectors from memory. */
const INSTRUCTIONS = [
  'ea 00 90 00 00 SS SS',
  '9a 00 90 00 00 SS SS',
  '66 ea 00 90 SS SS',
  '66 9a 00 90 SS SS',
  'cb',
  'ca 08 00',
  '66 cb',
  'cf',
  '66 cf',
  'cd 40',
  'cd 41',
  'cc',
  'ce',
  'f1',
  '8e c0',
  '8e d0',
  '8e e8',
  '17',
  '07',
  '0f a9',
  '66 17',
  '0f 00 d0',
  '0f 00 d8',
  '0f 02 d8',
  '0f 03 d8',
  '0f 00 e0',
];
/** The same in 64-bit mode, where direct far transfers do not exist. */
const LONG_INSTRUCTIONS = [
  'ff 1c 25 00 70 00 00',
  'ff 2c 25 00 70 00 00',
  '48 ff 1c 25 00 70 00 00',
  'cb',
  '48 cb',
  'ca 08 00',
  'cf',
  '48 cf',
  '66 cf',
  'cd 40',
  'cc',
  'f1',
  '8e c0',
  '8e d0',
  '8e e8',
  '0f a9',
  '0f 00 d0',
  '0f 00 d8',
  '0f 02 d8',
];

type Random = () => number;
const oneOf = <T>(random: Random, choices: readonly T[]): T => choices[random() % choices.length]!;

/** A descriptor of any type; bases and limits are such that things work often enough to be interesting. */
function randomDescriptor(random: Random): bigint {
  const type = BigInt(random() & 0xff) | (random() % 4 === 0 ? 0n : 0x80n);
  const base = oneOf(random, [0, 0, 0, TSS, NEW_TSS, LDT, random() & 0xfffff]);
  const limit = oneOf(random, [0xfffff, 0xfffff, 0x67, 0xff, random() & 0xfffff]);
  const flags = BigInt(oneOf(random, [0xc, 0xc, 0x8, 0x4, 0xa, 0x0, random() & 15]));
  const high = type | (BigInt(limit >> 16) << 8n) | (flags << 12n);
  return BigInt(limit & 0xffff) | (BigInt(base & 0xffffff) << 16n) | (high << 40n);
}

/** A gate of any type to a likely selector. */
function randomGate(random: Random): bigint {
  const type = BigInt(
    oneOf(random, [0x8e, 0x8f, 0xee, 0xef, 0x86, 0xe7, 0xe5, 0x85, 0x8c, 0xec, random() & 0xff]),
  );
  return (
    BigInt(HANDLER) | (BigInt(randomSelector(random)) << 16n) | (type << 40n) | (BigInt(random() & 7) << 32n)
  );
}

/** Among the first sixteen entries of GDT and LDT, null and far outside now and then. */
function randomSelector(random: Random): number {
  if (random() % 16 === 0) return oneOf(random, [0, 3, 0xfff8, 0x1234]);
  return ((random() % 16) << 3) | (random() & (random() % 3 === 0 ? 7 : 3));
}

const randomFlags = (random: Random) =>
  Rflags.Always1 | (random() & (Rflags.If | Rflags.Iopl | Rflags.Cf | (random() % 4 === 0 ? Rflags.Nt : 0)));

/** Fills tables, frames and the instruction. */
function randomize(machine: SegmentedMachine, random: Random, isLong: boolean): void {
  const { core } = machine;
  for (let entry = 6; entry < 16; entry++) {
    machine.quad(GDT + entry * 8, random() % 4 === 0 ? randomGate(random) : randomDescriptor(random));
    machine.quad(LDT + entry * 8, randomDescriptor(random));
  }
  for (let entry = 0; entry < 0x100; entry++)
    machine.quad(IDT + entry * 8, isLong && entry & 1 ? 0n : randomGate(random));
  for (let offset = 0; offset < 0x68; offset += 4) machine.word(NEW_TSS + offset, randomSelector(random));
  machine.word(NEW_TSS + 0x24, randomFlags(random));
  machine.word(TSS, randomSelector(random));
  for (const top of [STACK, USER_STACK]) {
    for (let slot = 0; slot < 12; slot++) {
      const value = oneOf(random, [
        HANDLER,
        randomSelector(random),
        randomSelector(random),
        randomFlags(random),
        random(),
      ]);
      if (isLong && random() % 2) machine.quad(top - 96 + slot * 8, BigInt(value));
      else machine.word(top - 96 + slot * 4, value);
    }
  }
  machine.enterLevel(random() % 2 === 0 ? 0 : 3);
  core.state.setBig('rsp', core.state.big('rsp') - BigInt(random() % 8 === 0 ? 95 : 96));
  core.state.setBig('rax', BigInt(randomSelector(random)));
  core.state.setSegment(Seg.Ldtr, {
    selector: 0,
    attributes: 0x82,
    limit: random() & 0xff,
    base: BigInt(LDT),
  });
  machine.word(0x7000, HANDLER);
  core.words.setUint16(0x7004, randomSelector(random), true);
  const selector = randomSelector(random).toString(16).padStart(4, '0');
  const code = oneOf(random, isLong ? LONG_INSTRUCTIONS : INSTRUCTIONS);
  machine.code(CODE, code.replace('SS SS', selector.slice(2) + selector.slice(0, 2)));
}

function visibleState(machine: SegmentedMachine): unknown {
  const { state } = machine.core;
  return {
    wide: WIDE_FIELDS.map((name) => [name, state.big(name)]),
    narrow: NARROW_FIELDS.map((name) => [name, state.get(name)]),
    segments: SEGMENTS.map((seg) => state.segment(seg)),
    flags: machine.flags,
  };
}

describe.each([
  ['32-bit protected mode', false],
  ['64-bit mode', true],
])('%s', (_what, isLong) => {
  it(`changes no register in any of ${CASES} attempts that fault`, async () => {
    const attempt = await attempts(isLong);
    let faults = 0;
    for (let seed = 0; seed < CASES; seed++) {
      const machine = attempt(seed);
      const { state } = machine.core;
      // Every exception is intercepted: a fault shows before anybody handles it.
      state.set('inGuest', 1);
      state.set('intercepts2', 0xffff_ffff);
      const tr = machine.selector(Seg.Tr);
      const before = visibleState(machine);
      const stop = machine.run(1);
      // A fault of the incoming task comes after the switch.
      if (stop !== Stop.Exit || machine.selector(Seg.Tr) !== tr) continue;
      faults++;
      expect(visibleState(machine), `seed ${seed}`).toEqual(before);
    }
    // Both outcomes are common, or the test says little.
    expect(faults).toBeGreaterThan(CASES / 5);
    expect(faults).toBeLessThan(CASES);
  }, 60_000);

  it(`comes to an end in ${CASES} attempts whose faults nobody intercepts`, async () => {
    const attempt = await attempts(isLong);
    const stops = new Set<Stop>();
    for (let seed = 0; seed < CASES; seed++) stops.add(attempt(CASES + seed).run(20));
    expect(stops.has(Stop.Budget)).toBe(true);
    expect(stops.has(Stop.Shutdown)).toBe(true);
  }, 60_000);
});

/** Prepares attempt after attempt on one machine. */
async function attempts(isLong: boolean): Promise<(seed: number) => SegmentedMachine> {
  const machine = isLong ? await SegmentedMachine.long() : await SegmentedMachine.protected();
  const { core } = machine;
  const fresh = core.memory.slice(0, 0x30000);
  const tr = core.state.segment(Seg.Tr);
  const controls = ['cr0', 'cr3', 'cr4', 'efer', 'gdtrBase', 'idtrBase', 'dr7'] as const;
  const values = controls.map((name) => core.state.big(name));
  const limits = [core.state.get('gdtrLimit'), core.state.get('idtrLimit')] as const;
  return (seed) => {
    core.exports.reset();
    core.write(0, fresh);
    controls.forEach((name, i) => core.state.setBig(name, values[i]!));
    core.state.set('gdtrLimit', limits[0]);
    core.state.set('idtrLimit', limits[1]);
    core.state.setSegment(Seg.Tr, tr);
    const random = mulberry32(seed);
    randomize(machine, random, isLong);
    machine.flags = randomFlags(random);
    core.state.setBig('rip', BigInt(CODE));
    return machine;
  };
}

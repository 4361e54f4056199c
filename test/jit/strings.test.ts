/** String instructions in compiled code: what the interpreter does, wherever a deadline, a fault or the end of a page falls. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Seg } from '../../assembly/abi/register.js';
import { hex } from '../decode/decoding.js';
import { CODE, Machine } from '../helpers/machine.js';
import { visibleState } from '../helpers/visible-state.js';
import { Random } from '../silicon/random.js';

const SEED = 20261122;
const MEMORY = 1 << 20;
/** Five pages with something in them. */
const DATA = 0x20000;
const DATA_BYTES = 0x5000;
/** Attributes of a segment in VMCB format. */
const DATA32 = 0xc93;

let interpreted: Machine;
let compiled: Machine;
// New ones, which look for runs of pages as soon as there is compiled code (assembly/extent-search.ts).
beforeEach(create);

async function create(): Promise<void> {
  interpreted = await Machine.create(MEMORY, { jit: false });
  compiled = await Machine.create(MEMORY, { hotThreshold: 5 });
}

const machines = (): Machine[] => [interpreted, compiled];

const look = ({ core }: Machine): string => visibleState(core, { fields: ['cr2', 'nextRip', 'repeatForm'] });

/** Both machines are the same as far as can be seen. */
function expectSame(where?: string): void {
  expect(look(compiled), where).toBe(look(interpreted));
}

const dword = (value: number): string => Buffer.from(Uint32Array.of(value >>> 0).buffer).toString('hex');

const STRINGS = ['a4', 'a5', 'aa', 'ab', 'ac', 'ad', 'a6', 'a7', 'ae', 'af'];

/** A string instruction with what it works on, and something done with its flags and RCX. */
function step(random: Random, is64Bit: boolean): string {
  const place = (): string => {
    const near = DATA + 0x1000 * (1 + random.below(3)) + random.below(40) - 20;
    return dword(random.chance(0.5) ? near : DATA + 0x800 + random.below(DATA_BYTES - 0x1000));
  };
  const source = place();
  // Some overlap by a few bytes.
  const target = random.chance(0.3)
    ? dword(Buffer.from(source, 'hex').readUInt32LE() + random.below(24) - 12)
    : place();
  const count = random.chance(0.4) ? random.below(5) : random.below(random.chance(0.5) ? 60 : 700);
  const isPattern = random.chance(0.3);
  const prefixes = [
    random.chance(0.1) ? '67' : '',
    random.chance(0.1) ? '64' : '',
    random.chance(0.2) ? '66' : '',
    random.chance(0.1) ? '' : random.chance(0.7) ? 'f3' : 'f2',
    is64Bit && random.chance(0.3) ? '48' : '',
  ];
  return [
    'be' + source, // mov esi, source
    'bf' + target, // mov edi, target
    'b9' + dword(count), // mov ecx, count
    isPattern ? 'b8' + dword(0x01010101 * random.below(256)) : '', // mov eax, pattern
    random.chance(0.1) ? 'fd' : '', // std
    ...prefixes,
    STRINGS[random.below(STRINGS.length)]!,
    'fc', // cld
    '01cb', // add ebx, ecx
    '83d200', // adc edx, 0
  ].join('');
}

/** Steps for ever. */
function program(random: Random, is64Bit: boolean): Uint8Array {
  const body = Array.from({ length: 4 }, () => step(random, is64Bit)).join('');
  const flags = '0f94c0' + '01c3'; // sete al; add ebx, eax
  const bytes = (body.length + flags.length) / 2;
  return hex(body + flags + 'e9' + dword(-(bytes + 5)));
}

/** Kilobytes of one byte most of the time, and of all kinds. */
function fillData({ core, state }: Machine): void {
  for (let i = 0; i < DATA_BYTES; i++) {
    const isUniform = (i & 0x400) !== 0 && i % 97 < 60;
    core.memory[DATA + i] = isUniform ? 0x55 : (i * 89 + (i >> 8)) & 0xff;
  }
  state.setNum('rbx', 0);
}

/** Runs both in slices, long ones first so that something is compiled. */
function agree(random: Random): void {
  for (let slice = 0; slice < 14; slice++) {
    const instructions = slice === 0 ? 10_000 : 1 + random.below(random.chance(0.5) ? 60 : 4000);
    for (const machine of machines()) machine.run(instructions);
    expectSame(`slice ${slice}`);
  }
}

describe('random ones, in slices of any size', () => {
  it.each([
    ['32 bits', false],
    ['64 bits', true],
  ])('%s', { timeout: 60_000 }, async (_name, is64Bit) => {
    const random = new Random(SEED);
    for (let i = 0; i < 40; i++) {
      await create();
      const code = program(random, is64Bit);
      const base = BigInt(random.below(0x40));
      for (const machine of machines()) {
        if (is64Bit) machine.long();
        else machine.flat32();
        machine.load(code);
        machine.state.setSegment(Seg.Fs, { selector: 0, attributes: DATA32, limit: 0xffffffff, base });
        fillData(machine);
      }
      agree(random);
    }
    expect(compiled.core.functionCount).toBeGreaterThan(interpreted.core.functionCount);
  });
});

/** A loop of `rep movsb` from R8 to R9, R10 bytes, the first of which changes. 64 bits. */
const COPY = '41fe00' + '4489c6' + '4489cf' + '4489d1' + 'f3a4' + 'ffc3' + 'ebee';
const PER_TURN = 4 + 2;

function startCopy(machine: Machine, source: number, target: number, count: number, turns = 50): void {
  machine.long(3).load(hex(COPY));
  fillData(machine);
  const { state } = machine;
  state.setNum('r8', source);
  state.setNum('r9', target);
  state.setNum('r10', count);
  machine.run(turns * (PER_TURN + count));
}

it.each([0, 1, 7, 31, 32, 33, 0x300])(
  'ends between two iterations where a page faults, %i before the end',
  (beyond) => {
    const [absent, PT, PD] = [DATA + 0x2000, 0x74000, 0x72000];
    for (const machine of machines()) {
      const { core, state } = machine;
      startCopy(machine, DATA, absent - 0x700, 0x700);
      expect(state.num('rip')).toBe(CODE);
      for (let page = 0; page < 512; page++) {
        const isPresent = page * 0x1000 !== absent;
        core.words.setBigUint64(PT + 8 * page, BigInt(page * 0x1000) | (isPresent ? 7n : 0n), true);
      }
      core.words.setBigUint64(PD, BigInt(PT) | 7n, true);
      core.exports.flushTlb();
      // Long enough for runs of pages to be looked for again.
      machine.run(400 * (PER_TURN + 0x700));
      state.setNum('r10', 0x700 + beyond);
      // No table of interrupts: the fault ends in a shutdown.
      expect(machine.run(0x4000)).toBe(beyond > 0 ? Stop.Shutdown : Stop.Budget);
      if (beyond > 0) expect([state.num('rdi'), state.num('rcx')]).toEqual([absent, beyond]);
    }
    expectSame();
  },
);

it('is left after it has stored over code of its region', () => {
  // The constant of `mov eax, 1` behind it becomes that of DATA: rep movsb; mov eax, 1; add ebx, eax; jmp
  const code = '4489c6' + '4489cf' + '4489d1' + 'f3a4' + 'b801000000' + '01c3' + 'ebec';
  for (const machine of machines()) {
    machine.long().load(hex(code));
    fillData(machine);
    const { state } = machine;
    state.setNum('r8', DATA + 1);
    state.setNum('r9', DATA + 0x800);
    state.setNum('r10', 4);
    machine.run(10 * 50);
    expect(state.num('rbx')).toBe(50);
    state.setNum('r9', CODE + 12);
    state.setNum('r10', 1);
    machine.run(7 * 20);
    expect(state.num('rbx')).toBe(50 + 20 * 89);
  }
  expectSame();
});

it.each([
  [DATA + 0x1800, DATA + 0x1804, Rflags.Df],
  [DATA + 0x1804, DATA + 0x1800, Rflags.Df],
  [DATA + 0x1800, DATA + 0x1801, 0],
  [DATA + 0x1801, DATA + 0x1800, 0],
])('copies from %i to %i with DF %i', (source, target, flags) => {
  for (const machine of machines()) {
    startCopy(machine, source, target, 100, 0);
    machine.rflags = BigInt(flags | Rflags.Always1);
    machine.run(50 * (PER_TURN + 100) - 3);
  }
  expectSame();
});

it('takes no time from the guest that it has not got: a count beyond any budget', () => {
  for (const machine of machines()) {
    startCopy(machine, DATA, DATA + 0x2000, 16);
    machine.state.setNum('r10', 0x7fff_ffff);
    machine.run(1234);
  }
  expectSame();
});

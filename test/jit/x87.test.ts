/** x87 code in both tiers: the same registers, FSW, tags and pointers after every sequence, wherever it is cut short. */
import { beforeAll, describe, expect, it } from 'vitest';
import { hex } from '../decode/decoding.js';
import { Machine } from '../helpers/machine.js';
import { enterGuest } from '../helpers/outcome.js';
import { Random } from '../silicon/random.js';

const SEED = 20261122;
const SEQUENCES = 400;
const INSTRUCTIONS = 10;
const WINDOW = 0x20000;
const WINDOW_BYTES = 0x200;
/** Not mapped. */
const NOWHERE = 0x4000_0000n;
const CR0_NE = 0x20n;
const MASK_ALL = 0x3f;

let interpreted: Machine;
let compiled: Machine;
beforeAll(async () => {
  interpreted = await Machine.create(1 << 20, { jit: false });
  compiled = await Machine.create(1 << 20, { hotThreshold: 1 });
});

const random = new Random(SEED);

const byte = (value: number): string => value.toString(16).padStart(2, '0');
const i = (): number => random.below(4);

/** reg fields of each opcode whose instructions have an operand in memory, environments aside. */
const MEMORY: Readonly<Record<number, readonly number[]>> = {
  0xd8: [0, 1, 2, 3, 4, 5, 6, 7],
  0xd9: [0, 2, 3, 7],
  0xda: [0, 1, 2, 3, 4, 5, 6, 7],
  0xdb: [0, 1, 2, 3, 5, 7],
  0xdc: [0, 1, 2, 3, 4, 5, 6, 7],
  0xdd: [0, 1, 2, 3, 7],
  0xde: [0, 1, 2, 3, 4, 5, 6, 7],
  0xdf: [0, 1, 2, 3, 4, 5, 6, 7],
};
/** First bytes and ModRM, less ST(i), of what works on the stack. */
const STACK = [
  ...['d8c0', 'd8c8', 'd8d0', 'd8d8', 'd8e0', 'd8e8', 'd8f0', 'd8f8', 'd9c0', 'd9c8', 'd9d8'],
  ...['dac0', 'dac8', 'dad0', 'dad8', 'dbc0', 'dbc8', 'dbd0', 'dbd8', 'dbe8', 'dbf0'],
  ...['dcc0', 'dcc8', 'dce0', 'dce8', 'dcf0', 'dcf8', 'ddc0', 'ddd0', 'ddd8', 'dde0', 'dde8'],
  ...['dec0', 'dec8', 'dee0', 'dee8', 'def0', 'def8', 'dfc0', 'dfe8', 'dff0'],
];
/** FCHS FABS FTST FXAM FLD1 FLDPI FLDZ FSQRT FRNDINT FINCSTP FDECSTP FNOP FCOMPP FUCOMPP FNSTSW FWAIT FNCLEX FSCALE FNINIT */
const SINGLE = [
  ...['d9e0', 'd9e1', 'd9e4', 'd9e5', 'd9e8', 'd9eb', 'd9ee', 'd9fa', 'd9fc', 'd9f7', 'd9f6', 'd9d0'],
  ...['ded9', 'dae9', 'dfe0', '9b', 'dbe2', 'd9fd', 'dbe3'],
];
/** add eax, ecx; cmp edx, ecx; setc al; movq mm1, mm2 */
const OTHERS = ['01c8', '39ca', '0f92c0', '0f6fca'];

function instruction(): string {
  const kind = random.below(20);
  if (kind < 9) {
    const opcode = 0xd8 + random.below(8);
    // [rbx + disp8] or, now and then, [rsi + disp8]
    const base = random.chance(0.03) ? 6 : 3;
    const modrm = 0x40 | (random.pick(MEMORY[opcode]!) << 3) | base;
    const prefix = random.chance(0.1) ? '67' : '';
    return prefix + byte(opcode) + byte(modrm) + byte(16 * random.below(8));
  }
  if (kind < 16) {
    const bytes = random.pick(STACK);
    return bytes.slice(0, 2) + byte(parseInt(bytes.slice(2), 16) + i());
  }
  return kind < 19 ? random.pick(SINGLE) : random.pick(OTHERS);
}

const EXPONENTS = [0, 1, 2, 0x3ffd, 0x3ffe, 0x3fff, 0x4000, 0x4001, 0x401e, 0x403d, 0x403e, 0x7ffe, 0x7fff];
const SIGNIFICANDS = [0n, 1n, 1n << 63n, 3n << 62n, (1n << 64n) - 1n, (1n << 63n) + 0x400n, (1n << 62n) + 1n];

/** Ten bytes: mostly a normal number near 1, else at an end of the range or special. */
function extended(view: DataView, at: number): void {
  const isUsual = random.chance(0.7);
  const exponent = isUsual ? 0x3fe0 + random.below(64) : random.pick(EXPONENTS);
  const bits = (BigInt(random.u32()) << 32n) | BigInt(random.u32());
  const significand = isUsual ? bits | (1n << 63n) : random.pick(SIGNIFICANDS);
  view.setBigUint64(at, significand, true);
  view.setUint16(at + 8, (random.below(2) << 15) | exponent, true);
}

interface Start {
  readonly registers: Uint8Array;
  readonly general: readonly bigint[];
  readonly window: Uint8Array;
  readonly control: number;
  readonly status: number;
  readonly top: number;
  readonly tags: number;
}

function start(): Start {
  const registers = new Uint8Array(8 * 16);
  for (let n = 0; n < 8; n++) extended(new DataView(registers.buffer), 16 * n);
  const window = Uint8Array.from({ length: WINDOW_BYTES }, () => random.below(256));
  const view = new DataView(window.buffer);
  for (let at = 0; at < WINDOW_BYTES; at += 16) {
    if (random.chance(0.3))
      view.setFloat64(at, random.pick([0, -0, 1.5, -2e10, 1e-310, NaN, Infinity]), true);
    else if (random.chance(0.3)) view.setFloat32(at, random.pick([0, 0.25, -7e8, 1e-40, NaN]), true);
    else if (random.chance(0.5)) extended(view, at);
    else if (random.chance(0.5)) view.setBigInt64(at, BigInt(random.u32() | 0), true);
  }
  const top = random.below(8);
  // ST(0) to ST(3) are full and the others empty, most of the time.
  const tags = random.chance(0.9) ? ((0x0f0f << top) >> 8) & 0xff : random.below(256);
  const control =
    (random.chance(0.8) ? MASK_ALL : random.below(64)) |
    0x40 |
    (random.chance(0.6) ? 0x300 : random.below(16) << 8);
  const status = random.chance(0.9) ? random.u32() & 0x4720 : random.u32() & 0x477f;
  const general = [random.u32(), random.u32(), random.u32()].map(BigInt);
  return { registers, general, window, control, status, top, tags };
}

const WORDS = ['x87Control', 'x87Status', 'x87Top', 'x87Tags', 'x87Opcode'] as const;
const POINTERS = [
  ...(['x87InstructionPointer', 'x87InstructionSelector', 'x87DataPointer', 'x87DataSelector'] as const),
  ...(['rip', 'clock', 'rax', 'rcx', 'rdx', 'exitCode', 'exitInfo1', 'exitInfo2', 'mxcsr'] as const),
];

/** What can be seen after at most so many instructions. */
function run(machine: Machine, code: string, from: Start, instructions: number) {
  const { core, state } = machine.long();
  state.setBig('cr0', state.big('cr0') | CR0_NE);
  enterGuest(machine);
  core.write(WINDOW, from.window);
  core.x87Registers.set(from.registers);
  state.set('x87Control', from.control);
  core.exports.setX87StatusWord(from.status | (from.top << 11));
  state.set('x87Tags', from.tags);
  ['rax', 'rcx', 'rdx'].forEach((name, n) => state.setBig(name as 'rax', from.general[n]!));
  state.setNum('rbx', WINDOW + 0x40);
  state.setBig('rsi', NOWHERE);
  state.setNum('clock', 0);
  machine.load(hex(code));
  const stop = machine.run(instructions);
  return {
    stop,
    words: WORDS.map((name) => state.get(name)),
    pointers: POINTERS.map((name) => state.big(name)),
    flags: machine.rflags,
    registers: Buffer.from(core.x87Registers).toString('hex'),
    window: Buffer.from(core.read(WINDOW, WINDOW_BYTES)).toString('hex'),
  };
}

describe('random sequences', () => {
  it.each([0, 1, 2, 3])(`part %i, seed ${SEED}`, { timeout: 60_000 }, () => {
    for (let n = 0; n < SEQUENCES; n++) {
      const sequence = Array.from({ length: 1 + random.below(INSTRUCTIONS) }, instruction);
      const code = sequence.join('') + 'f4';
      const from = start();
      const expected = run(interpreted, code, from, INSTRUCTIONS + 1);
      const what = `${sequence.join(' ')} control ${from.control.toString(16)} top ${from.top} tags ${from.tags}`;
      expect(run(compiled, code, from, INSTRUCTIONS + 1), what).toEqual(expected);
    }
    expect(compiled.core.functionCount).toBeGreaterThan(interpreted.core.functionCount);
  });
});

describe('loops', () => {
  const from: Start = {
    registers: new Uint8Array(8 * 16),
    general: [0n, 3000n, 0n],
    window: new Uint8Array(WINDOW_BYTES),
    control: 0x37f,
    status: 0,
    top: 0,
    tags: 0,
  };
  // prettier-ignore
  it.each([
    ['that adds and multiplies', 'd9e8 d9e8 d8c1 dec9 d9fa dd1b ffc9 75f2'],
    ['that compares', 'd9e8 d9eb d8d9 dfe0 80e445 00e2 ddd8 ffc9 75f0'],
    ['that rounds toward zero', 'd97b10 c7431407000000 db4314 d97310 66814b1200 0c 668b4312 d96b10 db5b20 ffc9 75e3'],
    ['whose stack runs over', 'd9e8 ffc9 75fa'],
    ['whose store changes its own code', '488d3d80000000 d9e8 db17 83c704 ddd8 ffc9 75f3'],
  ])('%s', (_, bytes) => {
    const code = bytes.replaceAll(' ', '') + 'f4';
    const steps = [1, 7, 40, 41, 5000, 20_000];
    for (const instructions of steps) {
      expect(run(compiled, code, from, instructions)).toEqual(run(interpreted, code, from, instructions));
    }
  });
});

/**
 * Loops of x87 arithmetic in both tiers, on numbers of every kind: what compiled code takes to be ordinary and finds out not to
 * be (src/jit/x87-trial.ts) must leave no trace. Programs are random, and so is where they are stopped.
 */
import { expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.js';
import { Reach } from '../../src/jit/reach.js';
import { CODE, Machine } from '../helpers/machine.js';
import { enterGuest } from '../helpers/outcome.js';
import { visibleState } from '../helpers/visible-state.js';
import { Random } from '../silicon/random.js';
import { fillWith } from '../silicon/float-values.js';

const SEED = Number(process.env['TRIAL_SEED'] ?? 20261122);
const PROGRAMS = Number(process.env['TRIAL_PROGRAMS'] ?? 80);
const DATA = 0x20000;
const DATA_BYTES = 0x1000;
const RESULTS = 0x30000;
const SLOT = 16;
const MOST_DEPTH = 6;

const random = new Random(SEED);
const source = (): string => `rsi + ${SLOT * random.below(12)}`;
const target = (): string => `rdi + ${SLOT * random.below(4)}`;
const ARITHMETIC = ['fadd', 'fsub', 'fsubr', 'fmul', 'fmul', 'fadd'];

/** One instruction, and how many registers are full afterwards. */
function instruction(depth: number): [line: string, depth: number] {
  const st = (): string => `st${random.below(depth)}`;
  const name = random.pick(random.chance(0.1) ? ['fdiv', 'fdivr'] : ARITHMETIC);
  const kinds: (() => [string, number])[] = [
    () => [`${name} st0, ${st()}`, depth],
    () => [`${name} ${st()}, st0`, depth],
    () => [`${name}${random.pick([' qword', ' qword', ' dword'])} [${source()}]`, depth],
    () => [`fxch ${st()}`, depth],
    () => [random.pick(['fchs', 'fabs', 'fsqrt', 'fchs']), depth],
    () => [`fst ${st()}`, depth],
    () => [`fst ${random.pick(['qword', 'qword', 'dword'])} [${target()}]`, depth],
    () => [`${random.pick(['fcomi', 'fucomi'])} st0, ${st()}`, depth],
    () => [`${random.pick(['add', 'cmp', 'sub'])} eax, ecx`, depth],
    () => [random.pick(['fcmovb st0, st1', 'fcom st1', 'frndint', 'fnstsw ax']), depth],
  ];
  const pushes: (() => [string, number])[] = [
    () => [`fld ${st()}`, depth + 1],
    () => [`fld ${random.pick(['qword', 'qword', 'dword'])} [${source()}]`, depth + 1],
    () => [random.pick(['fld1', 'fldz', `fld tword [${source()}]`]), depth + 1],
    () => [`fild ${random.pick(['word', 'dword', 'qword'])} [${source()}]`, depth + 1],
  ];
  const pops: (() => [string, number])[] = [
    () => [`${name}p st${1 + random.below(depth - 1)}, st0`, depth - 1],
    () => [`fstp ${random.pick(['qword', 'dword'])} [${target()}]`, depth - 1],
    () => [`fstp ${st()}`, depth - 1],
    () => [`fcomip st0, ${st()}`, depth - 1],
  ];
  if (depth < 3 || (depth < MOST_DEPTH && random.chance(0.2))) return random.pick(pushes)();
  return random.pick(random.chance(0.25) ? pops : kinds)();
}

/** A loop over the data; some of its instructions are jumped over. Its first quotient sets PE, mostly. */
function program(): string {
  const lines = [`mov rsi, ${DATA}`, `mov rdi, ${RESULTS}`, 'fninit'];
  if (random.chance(0.1)) lines.push('fldcw [rsi + 8]');
  if (random.chance(0.9)) lines.push('fld1', 'fild dword [five]', 'fdivp st1, st0', 'fstp st0');
  lines.push('again:', 'fld qword [rsi]', 'fld qword [rsi + 16]', 'fld qword [rsi + 32]');
  let depth = 3;
  const count = 4 + random.below(16);
  for (let i = 0; i < count; i++) {
    const [line, after] = instruction(depth);
    if (after === depth && random.chance(0.1)) lines.push(`${random.pick(['ja', 'jp', 'je'])} .on${i}`);
    lines.push(line);
    if (lines.at(-2) === `.on${i}`) continue;
    lines.push(`.on${i}:`);
    depth = after;
  }
  for (; depth > 0; depth--) lines.push(random.chance(0.8) ? 'fstp st0' : `fstp qword [${target()}]`);
  lines.push('add rsi, 16', `and rsi, ${DATA + DATA_BYTES - 1 - 15}`, 'add rdi, 16');
  lines.push(`and rdi, ${RESULTS + DATA_BYTES - 1 - 15}`, 'dec rcx', 'jmp again', 'five: dd 5');
  return lines.join('\n');
}

const FRACTIONS = [0n, 1n, (1n << 52n) - 1n, 1n << 51n, 1n << 28n, 0xfffffn << 32n, 0xaaaaaaaaaaaaan];

/** Numbers of few bits, whose sums are exact, end in a half, or are zero; or of many, close to each other or far apart. */
function fill(view: DataView, odd: number): void {
  const spread = random.pick([1, 2, 12, 70, 300]);
  const isShort = random.chance(0.3);
  for (let at = 0; at < view.byteLength; at += 8) {
    const isNegative = BigInt(random.below(2)) << 63n;
    const exponent = BigInt(1023 - spread + random.below(2 * spread)) << 52n;
    const bits = (BigInt(random.u32() & 0xfffff) << 32n) | BigInt(random.u32());
    view.setBigUint64(at, isNegative | exponent | (random.chance(0.5) ? bits : random.pick(FRACTIONS)), true);
    if (isShort) view.setFloat64(at, (random.below(65) - 32) / 8, true);
    if (random.chance(odd / 2)) view.setFloat64(at, random.pick([0, -0]), true);
    else if (random.chance(odd / 2)) fillWith(random, view, at, 8, 'f64');
  }
}

const FIELDS = [
  ...['x87Control', 'x87Status', 'x87Top', 'x87Tags', 'x87Opcode'],
  ...['x87InstructionPointer', 'x87InstructionSelector', 'x87DataPointer', 'x87DataSelector'],
];

const look = ({ core }: Machine): string => {
  const registers = Buffer.from(core.x87Registers).toString('hex');
  const memory = [[RESULTS, RESULTS + DATA_BYTES + 128]] as const;
  return `${visibleState(core, { fields: FIELDS, memory })}\nx87 ${registers}`;
};

/** What the machines come to at each stop. */
function outcomes(machine: Machine, bytes: Uint8Array, data: Uint8Array, stops: readonly number[]) {
  machine.long();
  enterGuest(machine);
  machine.load(bytes);
  machine.core.write(DATA, data);
  return stops.map((instructions) => [machine.run(instructions), look(machine)]);
}

it(`${PROGRAMS} loops`, { timeout: 120_000 }, async () => {
  const interpreted = await Machine.create(1 << 20, { jit: false });
  const compiled = await Promise.all(
    [Reach.Runs, Reach.Tlb, Reach.Everything].map((reach) =>
      Machine.create(1 << 20, { hotThreshold: 4, reach }),
    ),
  );
  for (let i = 0; i < PROGRAMS; i++) {
    const lines = program();
    const { bytes } = await assemble(lines, { origin: CODE, bits: 64 });
    const data = new DataView(new ArrayBuffer(DATA_BYTES + 512));
    fill(data, random.pick([0, 0, 0.02, 0.2, 0.6]));
    const stops = [random.below(60), random.below(2000), random.below(6000)];
    const [expected, found] = [interpreted, random.pick(compiled)].map((machine) =>
      outcomes(machine, bytes, new Uint8Array(data.buffer), stops),
    );
    expect(found, lines).toEqual(expected);
  }
});

const RECORD = 64;
const RECORDS = DATA_BYTES / RECORD;
const RESULT_BYTES = 128;
/** Fields of a record; a result's first 108 bytes are what FNSAVE stores. */
const X = 'tword [rsi]';
const ABOVE_TINY = 'qword [rsi + 16]';
const SMALL = 'qword [rsi + 24]';
const HUGE = 'qword [rsi + 32]';
const TINY = 'qword [rsi + 40]';
const LAST_BIT = 'tword [rsi + 48]';
const RESULT = '[rdi + 112]';

/** Every sixteenth record has another X: the greatest significand but one, with a sign and an exponent. In others it is 1.5. */
function records(upper: number): DataView {
  const view = new DataView(new ArrayBuffer(DATA_BYTES));
  for (let at = 0; at < DATA_BYTES; at += RECORD) {
    const isOdd = (at / RECORD) % 16 === 15;
    view.setBigUint64(at, isOdd ? (1n << 64n) - 2n : 3n << 62n, true);
    view.setUint16(at + 8, isOdd ? upper : 0x3fff, true);
    view.setFloat64(at + 16, (1 + 2 ** -52) * 2 ** -1022, true);
    view.setFloat64(at + 24, 1.5 * 2 ** -63, true);
    view.setFloat64(at + 32, 2 ** 1023, true);
    view.setFloat64(at + 40, 2 ** -1022, true);
    view.setBigUint64(at + 48, (1n << 63n) + 1n, true);
    view.setUint16(at + 56, 0x3fff, true);
  }
  return view;
}

const repeat = (line: string, times: number): string => `${line}\n`.repeat(times);
/** ST(0) ← a number whose exponent is known to be 1051 or more, and is 1052. */
const ALMOST_DENORMAL = `fld ${TINY}\n${repeat(`fmul ${TINY}`, 13)}fdiv ${HUGE}`;
/** It rounds up: C1. */
const ROUNDED_UP = `fld1\nfadd ${SMALL}\nfadd ${SMALL}`;
/** A zero of 2^11 factors: their exponents, added up, are just below what an i32 holds, which would make them positive. */
const zeroOfManyFactors = (between: string): string =>
  `fldz\nfchs\n${repeat(`fmul st0, st0\n${between}`, 11)}fld1\nfadd st0, st1`;

/**
 * Loops whose operands are ordinary, but not what comes of them, or that are not now and then. Every turn begins with PE set and
 * nothing else, so that the stretches are run, and what they leave shows.
 */
it.each([
  ['a product that rounds up to the next exponent', `fld ${LAST_BIT}\nfld ${X}\nfmul st0, st1`, 0x3fff],
  ['a sum that does', `fld ${X}\nfld ${SMALL}\nfaddp st1, st0`, 0x3fff],
  ['a product that is too large', `fld ${X}\n${repeat('fmul st0, st0', 4)}`, 0x4a00],
  ['one that is too small', `fld ${X}\nfchs\n${repeat('fmul st0, st0', 4)}`, 0x3400],
  [
    'a difference that is too small',
    `${ALMOST_DENORMAL}\nfld ${ABOVE_TINY}\nfmul st0, st1\nfld ${TINY}\nfmulp st2, st0\nfsubp st1, st0`,
    0x3fff,
  ],
  ['a quotient that is', `${ALMOST_DENORMAL}\n${repeat(`fdiv ${HUGE}`, 2)}`, 0x3fff],
  ['a number too large to be multiplied', `fld ${X}\nfmul st0, st0`, 0x7ffe],
  ['one too small for that', `fld ${X}\nfmul st0, st0`, 1],
  ['a NaN', `fld ${X}\nfadd st0, st0\nfld ${X}\nfadd ${ABOVE_TINY}`, 0x7fff],
  ['a number that a double rounds to infinity', `fld ${X}\nfst qword ${RESULT}`, 0x43fe],
  ['one that a single does', `fld ${X}\nfst dword ${RESULT}`, 0xc07e],
  ['a zero of more factors than an i32 has room for', zeroOfManyFactors(''), 0x3fff],
  ['one that changes its sign in between', zeroOfManyFactors('fchs'), 0x3fff],
  ['one that is added to itself in between', zeroOfManyFactors('fadd st0, st0'), 0x3fff],
  ['a zero that is squared often', `fldz\nfchs\n${repeat('fmul st0, st0', 40)}fadd ${ABOVE_TINY}`, 0x3fff],
  [
    'products of a zero and large numbers',
    `fldz\nfld ${X}\n${repeat('fmul st1, st0', 60)}fadd st0, st1`,
    0x4ffd,
  ],
  ['a quotient of a number and zero', `fld ${X}\nfldz\nfdivp st1, st0`, 0x3fff],
  ['the root of a zero', `fldz\nfchs\nfsqrt\nfld ${X}`, 0x3fff],
  ['zeros of both signs, compared', `fldz\nfldz\nfchs\nfcomi st0, st1\nlahf\nmov ${RESULT}, ah`, 0x3fff],
  ['C1 of a zero that is stored', `${ROUNDED_UP}\nfldz\nfst qword ${RESULT}`, 0x3fff],
  ['C1 of a difference that is zero', `${ROUNDED_UP}\nfsub st0, st0`, 0x3fff],
  ['C1 of a number that is added to itself', `${ROUNDED_UP}\nfadd st0, st0`, 0x3fff],
  [
    'rounding control that changes within',
    `fld ${X}\nfld1\nfdivrp st1, st0\nfldcw [up]\nfld1\nfild word [up]\nfdivp st1, st0\nfld1\nfchs\nfild word [up]\nfdivp st1, st0`,
    0x3fff,
  ],
])('%s', { timeout: 30_000 }, async (_, lines, upper) => {
  const source = `mov rsi, ${DATA}\nmov rdi, ${RESULTS}\nfldenv [settled]\njmp again
again:\n${lines}\nfnsave [rdi]\nfldenv [settled]
add rsi, ${RECORD}\nand rsi, ${DATA + RECORD * (RECORDS - 1)}
add rdi, ${RESULT_BYTES}\nand rdi, ${RESULTS + DATA_BYTES - RESULT_BYTES}\ndec rcx\njmp again
up: dw 0xb7f\nsettled: dd 0x37f, 0x20, 0xffff, 0, 0, 0, 0`;
  const { bytes } = await assemble(source, { origin: CODE, bits: 64 });
  const data = new Uint8Array(records(upper).buffer);
  const stops = [37, 900, 4001];
  const run = async (options: object): Promise<unknown> =>
    outcomes(await Machine.create(1 << 20, options), bytes, data, stops);
  const expected = await run({ jit: false });
  expect(await run({ hotThreshold: 4, reach: Reach.Tlb }), source).toEqual(expected);
});

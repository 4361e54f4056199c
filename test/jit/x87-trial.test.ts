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

const repeat = (line: string, times: number): string => `${line}\n`.repeat(times);
/** The greatest significand but one, with sign and exponent. */
const nearlyGreatest = (upper: number): number[] => [
  0xfe,
  ...new Array<number>(7).fill(0xff),
  upper & 0xff,
  upper >> 8,
];

/** Loops whose operands are ordinary, but not what comes of them, or that are not for long. */
it.each([
  [
    'a product that rounds up to the next exponent',
    'fld tword [rsi + 32]\nfld tword [rsi]\nfmul st0, st1',
    0x3fff,
  ],
  ['a sum that does', 'fld tword [rsi]\nfld qword [rsi + 24]\nfaddp st1, st0', 0x3fff],
  ['a product that is too large', `fld tword [rsi]\n${repeat('fmul st0, st0', 4)}`, 0x4a00],
  ['one that is too small', `fld tword [rsi]\nfchs\n${repeat('fmul st0, st0', 4)}`, 0x3400],
  ['a number that a double rounds to infinity', 'fld tword [rsi]\nfst qword [rdi]', 0x43fe],
  ['a zero that is squared often', `fldz\nfchs\n${repeat('fmul st0, st0', 40)}fadd qword [rsi + 16]`, 0x3fff],
  [
    'products of a zero and large numbers',
    `fldz\nfld tword [rsi]\n${repeat('fmul st1, st0', 60)}fadd st0, st1`,
    0x4ffd,
  ],
  ['a quotient of a number and zero', 'fld tword [rsi]\nfldz\nfdivp st1, st0', 0x3fff],
  ['the root of a zero', 'fldz\nfchs\nfsqrt\nfld tword [rsi]', 0x3fff],
  [
    'rounding control that changes within',
    'fld tword [rsi]\nfld1\nfdivrp st1, st0\nfldcw [up]\nfld1\nfild word [up]\nfdivp st1, st0\nfldcw [usual]\nfldcw [usual]',
    0x3fff,
  ],
])('%s', { timeout: 30_000 }, async (_, lines, upper) => {
  const source = `mov rsi, ${DATA}\nmov rdi, ${RESULTS}\nfninit\nfld1\nfild word [up]\nfdivp st1, st0\nfstp st0
again:\n${lines}\nfnstenv [rdi + 16]\nfinit\nfld1\nfild word [up]\nfdivp st1, st0\nfstp st0\ndec rcx\njmp again\nup: dw 0xb7f\nusual: dw 0x37f`;
  const { bytes } = await assemble(source, { origin: CODE, bits: 64 });
  const data = new DataView(new ArrayBuffer(64));
  new Uint8Array(data.buffer).set(nearlyGreatest(upper));
  data.setFloat64(16, 1 + 2 ** -52, true);
  data.setFloat64(24, 1.5 * 2 ** -63, true);
  data.setBigUint64(32, (1n << 63n) + 1n, true);
  data.setUint16(40, 0x3fff, true);
  const stops = [37, 900, 4001];
  const run = async (options: object): Promise<unknown> =>
    outcomes(await Machine.create(1 << 20, options), bytes, new Uint8Array(data.buffer), stops);
  const expected = await run({ jit: false });
  expect(await run({ hotThreshold: 4, reach: Reach.Tlb }), source).toEqual(expected);
});

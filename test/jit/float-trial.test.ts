/**
 * Loops of floating-point arithmetic in both tiers, on numbers of every kind: what compiled code takes to be ordinary and finds
 * out not to be (src/jit/float-trial.ts) must leave no trace. Programs are random, and so is where they are stopped.
 */
import { expect, it } from 'vitest';
import { Mxcsr } from '../../assembly/abi/processor-bits.js';
import { assemble } from '../../src/asm/assemble.js';
import { Reach } from '../../src/jit/reach.js';
import { CODE, Machine } from '../helpers/machine.js';
import { enterGuest } from '../helpers/outcome.js';
import { enableVectors } from '../helpers/vector-registers.js';
import { Random } from '../silicon/random.js';
import { DATA, DATA_BYTES, fill, look, PRECISION, RESULTS, someMxcsr, XMM } from './float-state.js';

const SEED = Number(process.env['TRIAL_SEED'] ?? 20261122);
const PROGRAMS = Number(process.env['TRIAL_PROGRAMS'] ?? 100);
const VECTOR_FILE_BYTES = 16 * 32;
const ROUND_UP = 0x4000;

const random = new Random(SEED);
const xmm = (): string => `xmm${random.below(XMM)}`;
const ymm = (): string => `ymm${random.below(XMM)}`;
const gpr = (): string => random.pick(['rax', 'rbx', 'rdx', 'r8', 'r9']);
const memory = (bytes: number): string => `[rsi + ${bytes * random.below(128 / bytes)}]`;

type Make = () => string;
const scalar = (name: string, bytes: number): Make => {
  return () =>
    `${name} ${xmm()}, ${random.chance(0.4) ? `${bytes === 8 ? 'qword' : 'dword'} ${memory(bytes)}` : xmm()}`;
};
const packed = (name: string): Make => {
  return () => `${name} ${xmm()}, ${random.chance(0.4) ? memory(16) : xmm()}`;
};
const names = (ending: string): string[] =>
  ['add', 'sub', 'mul', 'add', 'sub', 'mul', 'div', 'sqrt', 'min', 'max'].map((name) => name + ending);

const ARITHMETIC: readonly Make[] = [
  ...names('sd').map((name) => scalar(name, 8)),
  ...names('ss').map((name) => scalar(name, 4)),
  ...names('pd').map(packed),
  ...names('ps').map(packed),
  scalar('cvtss2sd', 4),
  scalar('cvtsd2ss', 8),
  () =>
    `cmp${random.pick(['eq', 'lt', 'nle', 'unord'])}${random.pick(['sd', 'pd', 'ss', 'ps'])} ${xmm()}, ${xmm()}`,
  () => `${random.pick(['comisd', 'ucomisd', 'comiss'])} ${xmm()}, ${xmm()}`,
  () => `v${random.pick(['addpd', 'mulps', 'subpd', 'divpd'])} ${ymm()}, ${ymm()}, ${ymm()}`,
  () => `v${random.pick(['addsd', 'mulsd', 'subss'])} ${xmm()}, ${xmm()}, ${xmm()}`,
];
const OTHERS: readonly Make[] = [
  () => `movsd ${xmm()}, [rsi + ${8 * random.below(16)}]`,
  () => `movss ${xmm()}, [rsi + ${4 * random.below(32)}]`,
  () => `movupd ${xmm()}, ${memory(16)}`,
  () => `movapd ${xmm()}, ${xmm()}`,
  () => `movsd ${xmm()}, ${xmm()}`,
  () => `unpcklpd ${xmm()}, ${xmm()}`,
  () => `shufpd ${xmm()}, ${xmm()}, ${random.below(4)}`,
  () => `xorpd ${xmm()}, ${xmm()}`,
  () => `movsd [rdi + ${8 * random.below(8)}], ${xmm()}`,
  () => `movupd [rdi + ${16 * random.below(4)}], ${xmm()}`,
];
const GENERAL: readonly Make[] = [
  () => `cvtsi2sd ${xmm()}, ${random.pick(['eax', 'rbx', 'edx'])}`,
  () => `cvttsd2si ${random.pick(['eax', 'rbx', 'r8d'])}, ${xmm()}`,
  () => `${random.pick(['add', 'sub', 'xor', 'and', 'cmp'])} ${gpr()}, ${gpr()}`,
  () => `inc ${random.pick(['al', 'bx', 'edx'])}`,
  () => `lea ${gpr()}, [${gpr()} + 8 * ${gpr()} - 5]`,
  () => `mov ${gpr()}, [rsi + ${8 * random.below(16)}]`,
];

function instruction(): string {
  return random.pick(random.chance(0.6) ? ARITHMETIC : random.chance(0.3) ? GENERAL : OTHERS)();
}

/** A loop over the data; some of its instructions are jumped over. */
function program(): string {
  const lines = [`mov rsi, ${DATA}`, `mov rdi, ${RESULTS}`, 'again:'];
  // Most registers begin each turn with what memory holds, or all would soon be NaNs.
  for (let n = 0; n < XMM; n++) if (random.chance(0.8)) lines.push(`movupd xmm${n}, ${memory(16)}`);
  const count = 4 + random.below(12);
  for (let i = 0; i < count; i++) {
    if (random.chance(0.12))
      lines.push(`${random.pick(['ja', 'jp', 'js', 'jne'])} .on${i}`, instruction(), `.on${i}:`);
    lines.push(instruction());
  }
  lines.push('add rsi, 16', `and rsi, ${DATA + DATA_BYTES - 1 - 15}`, 'add rdi, 8');
  lines.push(`and rdi, ${RESULTS + DATA_BYTES - 1 - 7}`, 'dec rcx', 'jmp again');
  return lines.join('\n');
}

it(`${PROGRAMS} loops`, { timeout: 120_000 }, async () => {
  const interpreted = await Machine.create(1 << 20, { jit: false });
  const compiled = await Promise.all(
    [Reach.Runs, Reach.Tlb, Reach.Everything].map((reach) =>
      Machine.create(1 << 20, { hotThreshold: 4, reach }),
    ),
  );
  for (let i = 0; i < PROGRAMS; i++) {
    const source = program();
    const { bytes } = await assemble(source, { origin: CODE, bits: 64 });
    const data = new DataView(new ArrayBuffer(DATA_BYTES + 512));
    fill(random, data, random.pick([0, 0, 0.01, 0.1, 0.5]));
    const registers = new DataView(new ArrayBuffer(VECTOR_FILE_BYTES));
    fill(random, registers, random.pick([0, 0, 0.3]));
    const control = someMxcsr(random);
    const stops = [random.below(60), random.below(2000), random.below(9000)];
    const [expected, found] = [interpreted, random.pick(compiled)].map((machine) => {
      enterGuest(enableVectors(machine));
      machine.load(bytes);
      machine.core.write(DATA, new Uint8Array(data.buffer));
      machine.core.vectorRegisters.set(new Uint8Array(registers.buffer));
      machine.state.set('mxcsr', control);
      return stops.map((instructions) => [machine.run(instructions), look(machine)]);
    });
    expect(found, `${source}\nMXCSR ${control.toString(16)}`).toEqual(expected);
  }
});

/** Loops whose operands are ordinary, but not what comes of them: the exception that MXCSR must tell of. */
it.each([
  ['the root of a negative number', 'sqrtsd xmm1, [rsi]', [-2], 0x01],
  ['roots of two numbers, one of them negative', 'sqrtpd xmm1, [rsi]', [4, -9], 0x01],
  [
    'a difference that is zero as a divisor',
    'movsd xmm0, [rsi]\nmovapd xmm1, xmm0\nsubsd xmm0, [rsi + 8]\ndivsd xmm1, xmm0',
    [3.5, 3.5],
    0x04,
  ],
  [
    'the same in both lanes',
    'movapd xmm0, [rsi]\nmovapd xmm1, xmm0\nsubpd xmm0, [rsi + 16]\ndivpd xmm1, xmm0',
    [3, 5, 3, 6],
    0x04,
  ],
  [
    'a product of 16 small numbers',
    `movsd xmm0, [rsi]\n${'mulsd xmm0, xmm0\n'.repeat(4)}`,
    [2 ** -90 / 3],
    0x10,
  ],
  [
    'a product of 16 large numbers',
    `movsd xmm0, [rsi]\n${'mulsd xmm0, xmm0\n'.repeat(4)}`,
    [3 * 2 ** 90],
    0x08,
  ],
  [
    'quotients of small numbers',
    'movsd xmm0, [rsi]\nmulsd xmm0, xmm0\nmulsd xmm0, xmm0\ndivsd xmm0, [rsi + 8]\ndivsd xmm0, [rsi + 8]\nmulsd xmm0, [rsi]\nmulsd xmm0, [rsi]\nmulsd xmm0, [rsi]',
    [2 ** -120 / 3, 2 ** 122],
    0x10,
  ],
  [
    'a conversion of what is too small for a single',
    'movsd xmm0, [rsi]\nmulsd xmm0, xmm0\ncvtsd2ss xmm1, xmm0',
    [2 ** -100 / 3],
    0x10,
  ],
  [
    'a conversion of what is too large for a single',
    'movsd xmm0, [rsi]\nmulsd xmm0, xmm0\ncvtsd2ss xmm1, xmm0',
    [2 ** 100],
    0x08,
  ],
])('%s', { timeout: 60_000 }, async (_name, body, numbers, exception) => {
  const source = `mov rsi, ${DATA}\nagain:\n${body}\ndec rcx\njmp again`;
  const { bytes } = await assemble(source, { origin: CODE, bits: 64 });
  const [expected, found] = await Promise.all(
    [{ jit: false }, { hotThreshold: 4 }].map(async (options) => {
      const machine = enableVectors(await Machine.create(1 << 20, options));
      enterGuest(machine);
      machine.load(bytes);
      // Until the loop has been compiled the numbers are others, of which nothing but inexactness is heard.
      machine.core.write(DATA, new Uint8Array(Float64Array.from(numbers, (_, i) => 1.1 + i / 3).buffer));
      machine.state.set('mxcsr', Mxcsr.Reset | PRECISION);
      machine.run(2000);
      const before = machine.state.get('mxcsr');
      machine.core.write(DATA, new Uint8Array(Float64Array.from(numbers).buffer));
      machine.run(2000);
      return { before, after: machine.state.get('mxcsr'), state: look(machine) };
    }),
  );
  expect(found).toEqual(expected);
  expect(expected!.before & 0x3f).toBe(PRECISION);
  expect(expected!.after & 0x3f).toBe(exception | PRECISION);
});

/** Rounding to nearest and then up: an inexact sum tells which. */
it('a loop that changes how it rounds', { timeout: 60_000 }, async () => {
  const source = `mov rsi, ${DATA}
mov dword [rsi + 16], ${Mxcsr.Reset | PRECISION}
mov dword [rsi + 20], ${Mxcsr.Reset | PRECISION | ROUND_UP}
jmp again
again:
  addsd xmm2, [rsi]
  ldmxcsr [rsi + 20]
  jmp on
on:
  addsd xmm3, [rsi]
  jmp last
last:
  ldmxcsr [rsi + 16]
  dec ecx
  jmp again`;
  const { bytes } = await assemble(source, { origin: CODE, bits: 64 });
  const [expected, found] = await Promise.all(
    [{ jit: false }, { hotThreshold: 4 }].map(async (options) => {
      const machine = enableVectors(await Machine.create(1 << 20, options));
      enterGuest(machine);
      machine.load(bytes).core.write(DATA, new Uint8Array(Float64Array.of(0.1, 1e9 / 3).buffer));
      machine.state.set('mxcsr', Mxcsr.Reset | PRECISION);
      machine.run(20_000);
      return look(machine);
    }),
  );
  expect(found).toEqual(expected);
});

/** Sums of integers are exact, so that the interpreter has to do each until something has been rounded. */
it('a loop that rounds nothing at first is not compiled again and again', { timeout: 60_000 }, async () => {
  const source = `mov rsi, ${DATA}\njmp again\nagain:\naddsd xmm0, [rsi]\ndec rcx\njmp again`;
  const { bytes } = await assemble(source, { origin: CODE, bits: 64 });
  const machine = enableVectors(await Machine.create(1 << 20, { hotThreshold: 4 }));
  enterGuest(machine);
  machine.load(bytes).core.write(DATA, new Uint8Array(Float64Array.of(1).buffer));
  machine.state.set('mxcsr', Mxcsr.Reset);
  machine.run(30);
  const { functionCount } = machine.core;
  machine.run(30_000);
  expect(machine.state.get('mxcsr')).toBe(Mxcsr.Reset);
  expect(machine.core.functionCount).toBe(functionCount);
});

/**
 * Loops without stores whose turns are undone together if a number was not ordinary (src/jit/tentative-loop.ts): which those are,
 * and that both tiers agree wherever such a number lies and wherever the loop is stopped.
 */
import { describe, expect, it } from 'vitest';
import { Access } from '../../assembly/abi/access.js';
import { Mxcsr } from '../../assembly/abi/processor-bits.js';
import { Activity } from '../../assembly/abi/stop.js';
import { assemble } from '../../src/asm/assemble.js';
import { analyze } from '../../src/jit/control-flow.js';
import { formsOfLoops } from '../../src/jit/flag-form.js';
import { discoverRegion } from '../../src/jit/region.js';
import { isTentative } from '../../src/jit/tentative-loop.js';
import { CODE, Machine } from '../helpers/machine.js';
import { enterGuest } from '../helpers/outcome.js';
import { enableVectors } from '../helpers/vector-registers.js';
import { Random } from '../silicon/random.js';
import { DATA, DATA_BYTES, fill, look, PRECISION, someMxcsr, XMM } from './float-state.js';

const SEED = Number(process.env['TENTATIVE_SEED'] ?? 20261122);
const PROGRAMS = Number(process.env['TENTATIVE_PROGRAMS'] ?? 80);
const MEMORY = 1 << 20;
/** Of data, so that a loop of 16 bytes a turn takes `TURNS`. */
const TURNS = 1200;
const LONG_BYTES = 16 * TURNS;

async function create(options: object): Promise<Machine> {
  return enableVectors(await Machine.create(MEMORY, options));
}

async function isTried(body: string): Promise<boolean> {
  const machine = await create({ jit: false });
  enterGuest(machine);
  machine.load((await assemble(`turn: ${body} turn\nhlt`, { origin: CODE, bits: 64 })).bytes);
  machine.state.setNum('rsi', DATA);
  machine.run(1);
  const { core, state } = machine;
  const block = core.exports.findDecoded(CODE, state.get('mode'));
  const flow = analyze(discoverRegion(core, block, new Set())!);
  return isTentative(flow, 0, formsOfLoops(flow).get(0));
}

describe('turns may be undone', () => {
  it.each([
    'movsd xmm0, [rsi]\nmulsd xmm0, [rdi]\naddsd xmm1, xmm0\nadd rsi, 8\nadd rdi, 8\ncmp rsi, rdx\njne',
    'addps xmm1, [rsi]\nadd rsi, 16\nsub ecx, 1\nja',
    'addsd xmm1, [rsi]\nadd rsi, 8\ndec ecx\njnz',
    'cvtsi2sd xmm0, ecx\ndivsd xmm0, [rsi]\naddsd xmm1, xmm0\ndec ecx\njg',
  ])('%s', async (body) => {
    expect(await isTried(body)).toBe(true);
  });

  it.each([
    ['a store', 'addsd xmm0, [rsi]\nmovsd [rsi], xmm0\nadd rsi, 8\nsub ecx, 1\njnz'],
    ['a condition on CF, which DEC keeps', 'addsd xmm0, [rsi]\nadd rsi, 8\ndec ecx\nja'],
    ['no arithmetic', 'movsd xmm0, [rsi]\nadd rsi, 8\nsub ecx, 1\njnz'],
    ['flags of a comparison of numbers', 'addsd xmm0, [rsi]\nlea rsi, [rsi+8]\ncomisd xmm0, xmm1\nja'],
    ['another MXCSR', 'addsd xmm0, [rsi]\nldmxcsr [rdi]\nadd rsi, 8\nsub ecx, 1\njnz'],
    ['an operation of the core', 'addsd xmm0, [rsi]\nroundsd xmm1, xmm0, 1\nadd rsi, 8\nsub ecx, 1\njnz'],
  ])('not with %s', async (_, body) => {
    expect(await isTried(body)).toBe(false);
  });
});

/** A loop over memory; what it ends with, and whether sums are of both lanes, is random. */
function someLoop(random: Random): string {
  const xmm = (): string => `xmm${random.below(XMM)}`;
  const address = (bytes: number): string =>
    `[${random.pick(['rsi', 'rsi', 'rdi', 'rdi+rax'])}+${bytes * random.below(3)}]`;
  const operand = (bytes: number): string => (random.chance(0.5) ? address(bytes) : xmm());
  const add = (): string => random.pick(['add', 'add', 'sub']);
  const sum = random.below(XMM);
  const makers = [
    () => `movsd ${xmm()}, ${address(8)}`,
    () => `movupd ${xmm()}, ${address(16)}`,
    () => `mul${random.pick(['sd', 'pd'])} ${xmm()}, ${xmm()}`,
    () => `mulsd ${xmm()}, ${operand(8)}`,
    () => `mulss ${xmm()}, ${operand(4)}`,
    () => `mulpd ${xmm()}, ${operand(16)}`,
    () => `${add()}${random.pick(['sd', 'pd', 'ss', 'ps'])} xmm${sum}, ${xmm()}`,
    () => `${add()}sd xmm${sum}, ${operand(8)}`,
    () => `${add()}pd ${xmm()}, ${operand(16)}`,
    () => `${random.pick(['min', 'max', 'div', 'sqrt', 'cmpeq'])}sd ${xmm()}, ${operand(8)}`,
    () => `unpcklpd ${xmm()}, ${xmm()}`,
    () => `movapd ${xmm()}, ${xmm()}`,
    () => `cvtss2sd ${xmm()}, ${operand(4)}`,
    () => `cvtsd2ss ${xmm()}, ${operand(8)}`,
    () => `cvtsi2sd ${xmm()}, edx`,
    () => `cvttsd2si edx, ${xmm()}`,
    () => `vaddpd ymm${sum}, ymm${sum}, ymm${random.below(XMM)}`,
    () => 'add rdx, [rsi]',
    () => 'lea rbx, [rdx+rcx*2]',
    () => 'inc r8d',
  ];
  const body = Array.from({ length: 2 + random.below(7) }, () => random.pick(makers)());
  const step = random.pick(['add rsi, 16', 'add rsi, 8\nadd rdi, 16', 'add rsi, rax', 'add rsi, 4']);
  const end = random.pick(['dec ecx\njnz', 'sub ecx, 1\njnz', 'sub rcx, 1\nja', 'dec ecx\njg']);
  const clear = random.chance(0.5) ? `pxor xmm${sum}, xmm${sum}\n` : '';
  return `again: mov esi, ${DATA}\nmov edi, ${DATA + 64}\nmov ecx, ebp\n${clear}turn: ${body.join('\n')}\n${step}\n${end} turn\njmp again`;
}

it(`${PROGRAMS} loops`, { timeout: 120_000 }, async () => {
  const random = new Random(SEED);
  const machines = [await create({ jit: false }), await create({ hotThreshold: 4 })] as const;
  for (let i = 0; i < PROGRAMS; i++) {
    const source = someLoop(random);
    const { bytes } = await assemble(source, { origin: CODE, bits: 64 });
    const data = new DataView(new ArrayBuffer(DATA_BYTES));
    fill(random, data, random.pick([0, 0, 0.003, 0.01, 0.3]));
    const registers = new DataView(new ArrayBuffer(16 * 32));
    fill(random, registers, random.pick([0, 0, 0.3]));
    const control = someMxcsr(random);
    const turns = random.pick([1, 3, 40, 100, 100, 200]);
    const stops = [300, 5000, random.below(3000), random.below(20_000)];
    const [expected, found] = machines.map((machine) => {
      enterGuest(machine);
      machine.load(bytes);
      machine.core.write(DATA, new Uint8Array(data.buffer));
      machine.core.vectorRegisters.set(new Uint8Array(registers.buffer));
      machine.state.set('mxcsr', control);
      for (const [name, value] of Object.entries({ rax: 8, rbp: turns, rdx: 5, rbx: 0, r8: 7 }))
        machine.state.setNum(name, value);
      return stops.map((instructions) => [machine.run(instructions), look(machine)]);
    });
    expect(found, `${source}\nMXCSR ${control.toString(16)}, ${turns} turns`).toEqual(expected);
  }
  expect(machines[1].core.functionCount).toBeGreaterThan(machines[0].core.functionCount);
});

/** Turns of an attempt are 512 at most: numbers lie around its ends. */
const PLACES = [0, 1, 510, 511, 512, 513, 1023, 1024, TURNS - 1];
const LOOPS = [
  ['a product of doubles', 'movapd xmm0, [rsi]\nmulpd xmm0, [rdi]\naddpd xmm1, xmm0'],
  ['a product of the lower ones', 'movsd xmm0, [rsi]\nmulsd xmm0, [rdi]\naddsd xmm1, xmm0'],
  ['a difference', 'subpd xmm1, [rsi]'],
  ['a quotient', 'movapd xmm0, xmm2\ndivpd xmm0, [rsi]\naddpd xmm1, xmm0'],
  ['a product with one that stays', 'movapd xmm0, xmm2\nmulpd xmm0, [rsi]\naddpd xmm1, xmm0'],
  [
    'squares, in a sum that moves',
    'movapd xmm0, [rsi]\nmulpd xmm0, xmm0\nmovapd xmm3, xmm1\naddpd xmm3, xmm0\nmovapd xmm1, xmm3',
  ],
] as const;

describe.each(LOOPS)('%s', (_name, body) => {
  it.each([
    ['nothing', 1.5],
    ['zero', 0],
    ['negative zero', -0],
    ['a denormal number', 2 ** -1060],
    ['the least normal number', 2 ** -1022],
    ['a number too small to square', 2 ** -600],
    ['the least ordinary one', 2 ** -128],
    ['the largest one below', 2 ** -128 - 2 ** -181],
    ['a large number', 2 ** 128],
    ['the largest number', Number.MAX_VALUE],
    ['infinity', -Infinity],
    ['a NaN', NaN],
  ])('among its operands %s', { timeout: 60_000 }, async (_what, value) => {
    const source = `again: mov esi, ${DATA}\nmov edi, ${DATA + 2 * LONG_BYTES}\nmov ecx, ${TURNS}
pxor xmm1, xmm1\nturn: ${body}\nadd rsi, 16\nadd rdi, 16\nsub ecx, 1\njnz turn\nnop\njmp again`;
    const { bytes } = await assemble(source, { origin: CODE, bits: 64 });
    const [expected, found] = await Promise.all(
      [{ jit: false }, { hotThreshold: 4 }].map(async (options) => {
        const machine = await create(options);
        enterGuest(machine);
        machine.load(bytes);
        const numbers = new Float64Array((3 * LONG_BYTES) / 8).fill(1.1);
        machine.core.write(DATA, new Uint8Array(numbers.buffer));
        machine.core.vectorRegisters.set(new Uint8Array(numbers.buffer, 0, 16), 64);
        machine.state.set('mxcsr', Mxcsr.Reset | PRECISION);
        // Until it has been compiled with its runs of pages.
        machine.run(30_000);
        return PLACES.map((place) => {
          for (const access of [Access.Read, Access.Write])
            machine.core.exports.chooseExtent(BigInt(DATA), access);
          numbers.fill(1.1);
          numbers[2 * place] = value;
          machine.core.write(DATA, new Uint8Array(numbers.buffer));
          machine.state.set('activity', Activity.Running);
          machine.state.setNum('rip', CODE);
          machine.state.set('mxcsr', Mxcsr.Reset | PRECISION);
          return [machine.run(5000), machine.run(12_000), look(machine)];
        });
      }),
    );
    expect(found).toEqual(expected);
  });
});

describe('found out when the turns are over', () => {
  /** In both tiers: what `[name, value]` registers give after `source` has been compiled with others. */
  async function compare(
    source: string,
    numbers: Float32Array | Float64Array,
    special: Record<string, number> = {},
  ): Promise<string[]> {
    const { bytes } = await assemble(`${source}\nhlt`, { origin: CODE, bits: 64 });
    return Promise.all(
      [{ jit: false }, { hotThreshold: 4 }].map(async (options) => {
        const machine = await create(options);
        enterGuest(machine);
        machine.load(bytes);
        const run = (registers: Record<string, number>, data: Float32Array | Float64Array): void => {
          machine.core.write(DATA, new Uint8Array(data.buffer));
          for (const access of [Access.Read, Access.Write])
            machine.core.exports.chooseExtent(BigInt(DATA), access);
          for (const [name, value] of Object.entries({ rsi: DATA, rcx: 100, ...registers }))
            machine.state.setNum(name, value);
          machine.state.set('activity', Activity.Running);
          machine.state.setNum('rip', CODE);
          machine.state.set('mxcsr', Mxcsr.Reset | PRECISION);
          machine.run(100_000);
        };
        const usual = numbers.slice().fill(1.1);
        for (let i = 0; i < 20; i++) run({}, usual);
        run(special, numbers);
        return look(machine);
      }),
    );
  }

  it('a sum of products that are each no number too large', async () => {
    const power = 'mulss xmm0, [rsi]\n'.repeat(2) + 'addss xmm0, xmm0\n'.repeat(27);
    const source = `pxor xmm1, xmm1\njmp turn\nturn: movss xmm0, [rsi]\n${power}addss xmm1, xmm0\nsub ecx, 1\njnz turn`;
    const [expected, found] = await compare(source, new Float32Array(2).fill(1.9 * 2 ** 31));
    expect(found).toEqual(expected);
    expect(expected).toContain(`mxcsr ${(Mxcsr.Reset | PRECISION | 0x08).toString(16)}`);
  });

  it('a vector that is not aligned', async () => {
    const source = 'turn: addpd xmm1, [rsi]\nadd rsi, 16\nsub ecx, 1\njnz turn';
    const [expected, found] = await compare(source, new Float64Array(250).fill(1.5), { rsi: DATA + 8 });
    expect(found).toEqual(expected);
    expect(expected).toContain(`rcx ${(100).toString(16)}`);
  });
});

/** RDRAND and RDSEED (APM vol 3): numbers of every size, the same ones for the same seed. */
import { describe, expect, it } from 'vitest';
import { Engine } from '../../../src/engine/engine.js';
import { UsageError } from '../../../src/errors.js';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';

const STATUS_FLAGS = 0x8d5n;
const CF = 1n;
const RDRAND_CX = '660fc7f1';
const RDRAND_ECX = '0fc7f1';
const RDRAND_RCX = '480fc7f1';
const RDSEED_RCX = '480fc7f9';

async function numbers(seed: bigint, bytes: string, count: number): Promise<bigint[]> {
  const machine = await Machine.create();
  machine.state.setBig('randomState', seed);
  return Array.from({ length: count }, () => {
    machine.long();
    expect(outcomeOf(machine, [...hex(bytes)])).toBe('completed');
    return machine.state.big('rcx');
  });
}

describe.each([
  ['RDRAND', RDRAND_RCX],
  ['RDSEED', RDSEED_RCX],
])('%s', (_name, bytes) => {
  it('gives the same numbers for the same seed, and others for another', async () => {
    const first = await numbers(1n, bytes, 100);
    expect(await numbers(1n, bytes, 100)).toEqual(first);
    expect(await numbers(2n, bytes, 100)).not.toEqual(first);
    expect(new Set(first).size).toBe(100);
  });
});

/** The generator's own authors publish these for the seed 1234567 (SplitMix64). */
it('is SplitMix64', async () => {
  expect(await numbers(1234567n, RDRAND_RCX, 3)).toEqual([
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
  ]);
});

it.each([
  [RDRAND_CX, 0xffff_ffff_ffff_0000n],
  [RDRAND_ECX, 0n],
])('keeps or clears the rest of the register: %s', async (bytes, rest) => {
  const machine = (await Machine.create()).long();
  machine.state.setBig('rcx', ~0n);
  expect(outcomeOf(machine, [...hex(bytes)])).toBe('completed');
  const width = bytes === RDRAND_CX ? 16n : 32n;
  expect((machine.state.big('rcx') >> width) << width).toBe(rest);
});

it('sets CF and clears the other status flags', async () => {
  const machine = (await Machine.create()).long();
  machine.rflags = 2n | STATUS_FLAGS;
  expect(outcomeOf(machine, [...hex(RDRAND_RCX)])).toBe('completed');
  expect(machine.rflags & STATUS_FLAGS).toBe(CF);
});

it.each([-1, 1.5, 1n << 64n])('a seed of %s is refused', async (seed) => {
  await expect(Engine.create({ memoryBytes: 1 << 16, seed })).rejects.toThrow(UsageError);
});

it('takes its seed from the options', async () => {
  const engine = await Engine.create({ memoryBytes: 1 << 16, seed: 77 });
  expect(engine.core.state.num('randomState')).toBe(77);
  engine.core.exports.reset();
  expect(engine.core.state.num('randomState')).toBe(77);
});

/** When hot blocks are compiled: small regions at once, others when they have been worth it. */
import { expect, it } from 'vitest';
import { Patience } from '../../src/jit/patience.js';
import { EndKind, type Region, type RegionBlock } from '../../src/jit/region.js';
import { CODE, Machine } from '../helpers/machine.js';

const HOT = 500;
const NOW = 1000;
/** `Block.region` (assembly/block.ts). */
const REGION_FIELD = 40;
const ADD_RAX_1 = [0x48, 0x83, 0xc0, 0x01];
const JMP_REL32 = 0xe9;
const JMP_BYTES = 5;

/** A region whose blocks, at these addresses, have so many micro-ops each. */
function regionOf(uopsEach: number, ...addresses: readonly number[]): Region {
  const uop = { address: 0, code: 0, a: 0, b: 0, c: 0, n: 0, ip: 0, low: 0, high: 0 };
  const blocks = addresses.map((address): RegionBlock => {
    const uops = Array.from({ length: uopsEach }, () => uop);
    return { address, delta: 0, uops, instructions: 1, end: EndKind.Jump, last: uop, targets: [] };
  });
  return { mode: 0, blocks, indirect: [], pages: [] };
}

it('does not wait for small regions', () => {
  expect(new Patience().executionsToWait(regionOf(30, 1, 2), NOW)).toBe(0);
});

it('waits once, the longer the larger the region is', () => {
  const patience = new Patience();
  const some = patience.executionsToWait(regionOf(50, 1, 2), NOW);
  const more = patience.executionsToWait(regionOf(50, 2, 1, 3), NOW);
  expect(some).toBeGreaterThan(0);
  expect(more).toBeGreaterThan(some);
  expect(patience.executionsToWait(regionOf(80, 1, 2), NOW)).toBe(0);
});

it('waits for blocks that are compiled already, but not for their neighbours', () => {
  const patience = new Patience();
  patience.note(regionOf(10, 1, 2));
  expect(patience.executionsToWait(regionOf(10, 3, 2), NOW)).toBe(0);
  expect(patience.executionsToWait(regionOf(10, 2, 1), NOW)).toBeGreaterThan(HOT);
  patience.forget();
  expect(patience.executionsToWait(regionOf(10, 1, 2), NOW)).toBe(0);
});

it('does not compile what is reached once in many thousand instructions, but asks again', () => {
  const patience = new Patience();
  const [frequent, rare] = [regionOf(10, 1), regionOf(10, 2)];
  expect(patience.executionsToWait(frequent, 5_000)).toBe(0);
  for (let clock = 100_000_000; clock < 500_000_000; clock += 50_000_000)
    expect(patience.executionsToWait(rare, clock)).toBe(HOT);
  expect(patience.executionsToWait(rare, 451_000_000)).toBe(0);
});

/** Turns of a loop of so many additions until it is compiled, and RAX after them. */
async function turnsUntilCompiled(additions: number, hotThreshold?: number) {
  const options = hotThreshold === undefined ? {} : { hotThreshold };
  const machine = (await Machine.create(1 << 20, options)).long();
  const body = Array.from({ length: additions }, () => ADD_RAX_1).flat();
  const back = -(body.length + JMP_BYTES);
  machine.load([...body, JMP_REL32, ...new Uint8Array(Int32Array.of(back).buffer)]);
  const { core, state } = machine;
  for (let turns = 1; ; turns++) {
    machine.run(additions + 1);
    const block = core.exports.findDecoded(CODE, state.get('mode'));
    const isCompiled = new DataView(core.bytes.buffer).getUint32(block + REGION_FIELD, true) !== 0;
    if (isCompiled || turns > 100 * HOT) return { turns, rax: state.num('rax') };
  }
}

it('compiles a small loop when it is hot, a large one later', async () => {
  const small = await turnsUntilCompiled(20);
  expect(small).toEqual({ turns: HOT, rax: 20 * HOT });
  const large = await turnsUntilCompiled(200);
  expect(large.turns).toBeGreaterThan(3 * HOT);
  expect(large.turns).toBeLessThan(10 * HOT);
  expect(large.rax).toBe(200 * large.turns);
});

it('compiles when the caller says so, whatever it costs', async () => {
  expect(await turnsUntilCompiled(200, 50)).toEqual({ turns: 50, rax: 200 * 50 });
});

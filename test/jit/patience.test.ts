/** When hot blocks are compiled: small regions at once, others when they have been worth it. */
import { expect, it } from 'vitest';
import { HOT_THRESHOLD, Patience } from '../../src/jit/patience.js';
import { EndKind, type Region, type RegionBlock } from '../../src/jit/region.js';
import { CODE, Machine } from '../helpers/machine.js';

const HOT = HOT_THRESHOLD;
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

/** Every block has been interpreted as often. */
const heat = (executions: number) => () => executions;

it('compiles what has been interpreted so often that it has been worth it', () => {
  const patience = new Patience();
  expect(patience.executionsToWait(regionOf(30, 1, 2), NOW, heat(100_000))).toBe(0);
});

it('waits until then, and takes what it waited for into account', () => {
  const patience = new Patience();
  let [waited, asked] = [0, 0];
  // The heat starts anew, below zero, when the block is told to wait.
  for (; asked < 100; asked++) {
    const more = patience.executionsToWait(regionOf(30, 1), NOW, heat(HOT));
    if (more === 0) break;
    waited += more;
    // As if it had been executed so often: the heat is at the threshold again.
    patience.executionsToWait(regionOf(30, 1), NOW, heat(HOT));
  }
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThan(20);
  expect(waited).toBeGreaterThan(HOT);
});

it('waits longer if only the entry is hot, and longest if the rest is compiled already', () => {
  const onlyEntry = ({ address }: RegionBlock): number => (address === 1 ? HOT : 0);
  const all = new Patience().executionsToWait(regionOf(30, 1, 2, 3), NOW, heat(HOT));
  const entry = new Patience().executionsToWait(regionOf(30, 1, 2, 3), NOW, onlyEntry);
  const again = new Patience();
  again.note(regionOf(30, 2, 3));
  expect(all).toBeGreaterThan(0);
  expect(entry).toBeGreaterThan(all);
  expect(again.executionsToWait(regionOf(30, 1, 2, 3), NOW, heat(HOT))).toBe(entry);
  again.forget();
  expect(again.executionsToWait(regionOf(30, 1, 2, 3), NOW, heat(HOT))).toBe(all);
});

it('does not compile what is reached once in many thousand instructions, but asks again', () => {
  const patience = new Patience();
  const [frequent, rare] = [regionOf(10, 1), regionOf(10, 2)];
  expect(patience.executionsToWait(frequent, 5_000, heat(100_000))).toBe(0);
  for (let clock = 100_000_000; clock < 500_000_000; clock += 50_000_000)
    expect(patience.executionsToWait(rare, clock, heat(100_000))).toBe(HOT);
  expect(patience.executionsToWait(rare, 451_000_000, heat(100_000))).toBe(0);
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

it('compiles a loop once it has been interpreted often enough, and not much later', async () => {
  const { turns, rax } = await turnsUntilCompiled(20);
  expect(turns).toBeGreaterThan(2 * HOT);
  expect(turns).toBeLessThan(10 * HOT);
  expect(rax).toBe(20 * turns);
});

it('compiles when the caller says so, whatever it costs', async () => {
  expect(await turnsUntilCompiled(200, 50)).toEqual({ turns: 50, rax: 200 * 50 });
});

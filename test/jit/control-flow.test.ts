/** The shape of regions: order, loops, meeting points, and edges that are cut. */
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/jit/control-flow.js';
import { EndKind, type RegionBlock, type UopFields } from '../../src/jit/region.js';

const LAST: UopFields = { address: 0, code: 0, a: 0, b: 0, c: 0, n: 0, ip: 0, low: 0, high: 0 };

/** The name of the dispatcher. */
const DISPATCHER = -1;
const ENDS = [EndKind.Interpret, EndKind.Jump, EndKind.Branch];

/** Blocks by delta, each with its targets and 10 instructions. The first is the entry. More than two: an indirect jump. */
function flow(graph: Readonly<Record<number, readonly number[]>>) {
  const blocks = Object.entries(graph).map(([delta, targets]): RegionBlock => ({
    address: 0,
    delta: Number(delta),
    uops: [],
    instructions: 10,
    end: ENDS[targets.length] ?? EndKind.Indirect,
    last: LAST,
    targets,
  }));
  const indirect = blocks.find(({ end }) => end === EndKind.Indirect)?.targets ?? [];
  const result = analyze({ mode: 0, blocks, indirect, pages: [] });
  const names = result.blocks.map((block) => block?.delta ?? DISPATCHER);
  const where = (flags: readonly boolean[]): number[] => names.filter((_, i) => flags[i]);
  return {
    loops: where(result.isLoop),
    merges: where(result.isMerge),
    dispatching: where(result.isDispatching),
    edges: result.successors.flatMap((targets, i) => [...targets.keys()].map((to) => [names[i]!, to])),
    dominated: Object.fromEntries(result.dominated.map((list, i) => [names[i], list.map((n) => names[n])])),
    longest: Object.fromEntries(result.longestPath.map((length, i) => [names[i], length])),
  };
}

describe('a region', () => {
  it('of two ways that meet has a meeting point and no loop', () => {
    const { loops, merges, dominated } = flow({ 0: [1, 2], 1: [3], 2: [3], 3: [99] });
    expect(loops).toEqual([]);
    expect(merges).toEqual([3]);
    expect([...dominated[0]!].sort()).toEqual([1, 2, 3]);
  });

  it('has loops within loops', () => {
    const { loops, merges } = flow({ 0: [1], 1: [2], 2: [2, 3], 3: [1, 4], 4: [99] });
    expect(loops).toEqual([1, 2]);
    expect(merges).toEqual([]);
  });

  it('goes through the dispatcher to enter a loop in its middle', () => {
    const { edges, loops, merges } = flow({ 0: [1, 2], 1: [2], 2: [1, 3], 3: [99] });
    expect(loops).toEqual([DISPATCHER]);
    // One of the two edges between 1 and 2 goes backwards, and neither of them dominates the other.
    const between = edges.filter(([from, to]) => from! + to! === 3 && from! * to! === 2);
    expect(between).toHaveLength(1);
    const [[from]] = between as [[number, number]];
    expect(edges.filter(([source]) => source === DISPATCHER).map(([, to]) => to)).toEqual([from, 0]);
    expect(merges).toContain(from);
  });

  it('compares a few targets, and has the dispatcher find one of many', () => {
    const three = flow({ 0: [1, 2, 3], 1: [0], 2: [0], 3: [0] });
    expect(three.loops).toEqual([0]);
    expect(three.dispatching).toEqual([]);
    const four = flow({ 0: [1, 2, 3, 4], 1: [0], 2: [0], 3: [0], 4: [0] });
    expect(four.dispatching).toEqual([0]);
    expect(four.loops).toEqual([DISPATCHER]);
    expect([...four.merges].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it('counts the instructions up to the next place that checks', () => {
    const { longest } = flow({ 0: [1, 2], 1: [2], 2: [3], 3: [3, 4], 4: [99] });
    expect(longest[0]).toBe(30);
    expect(longest[3]).toBe(20);
  });

  it('ignores targets that are not in it', () => {
    expect(flow({ 0: [7, 8] }).edges).toEqual([]);
  });
});

/** The shape of regions: order, loops, meeting points, and edges that are cut. */
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/jit/control-flow.js';
import { EndKind, type RegionBlock, type UopFields } from '../../src/jit/region.js';

const LAST: UopFields = { address: 0, code: 0, a: 0, b: 0, c: 0, n: 0, ip: 0, low: 0, high: 0 };

/** Blocks by delta, each with its targets and 10 instructions. The first is the entry. */
function flow(graph: Readonly<Record<number, readonly number[]>>) {
  const blocks = Object.entries(graph).map(([delta, targets]): RegionBlock => ({
    address: 0,
    delta: Number(delta),
    uops: [],
    instructions: 10,
    end: targets.length === 2 ? EndKind.Branch : EndKind.Jump,
    last: LAST,
    targets,
  }));
  const result = analyze({ mode: 0, blocks, pages: [] });
  const names = result.blocks.map(({ delta }) => delta);
  const where = (flags: readonly boolean[]): number[] => names.filter((_, i) => flags[i]);
  return {
    loops: where(result.isLoop),
    merges: where(result.isMerge),
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

  it('loses the edge that enters a loop in its middle', () => {
    const { edges, loops } = flow({ 0: [1, 2], 1: [2], 2: [1, 3], 3: [99] });
    expect(loops).toEqual([]);
    // One of the two edges between 1 and 2 goes backwards, and neither of them dominates the other.
    expect(edges.filter(([from, to]) => from! + to! === 3 && from! * to! === 2)).toHaveLength(1);
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

/**
 * The shape of a region: order, dominators, loops and meeting points, from which structured code is made (N. Ramsey, Beyond
 * Relooper, ICFP 2022).
 *
 * Nodes are numbers in reverse postorder, 0 is the entry. A retreating edge whose target does not dominate its source
 * would make the graph irreducible: it is cut, and becomes an exit of the region.
 */
import { EndKind, returnSite, type Region, type RegionBlock } from './region.js';

export interface ControlFlow {
  /** In reverse postorder. */
  readonly blocks: readonly RegionBlock[];
  /** Successors of each node by delta, without edges that were cut. */
  readonly successors: readonly ReadonlyMap<number, number>[];
  /** Nodes whose immediate dominator each node is, in descending order. */
  readonly dominated: readonly (readonly number[])[];
  /** Targets of back edges. */
  readonly isLoop: readonly boolean[];
  /** Nodes that more than one forward edge leads to. */
  readonly isMerge: readonly boolean[];
  /** For loops and the entry: the most instructions from there to the next loop, back edge or exit. */
  readonly longestPath: readonly number[];
}

export function analyze(region: Region): ControlFlow {
  const order = reversePostorder(region);
  const numberOf = new Map(order.map((block, i) => [block.delta, i]));
  const sites = returnSites(region);
  const edges = order.map((block) => edgesOf(block, sites, numberOf));
  const idom = immediateDominators(edges);
  const successors = edges.map(
    (targets, from) => new Map([...targets].filter(([, to]) => to > from || dominates(idom, to, from))),
  );
  const isLoop = order.map(() => false);
  const forward = order.map(() => 0);
  successors.forEach((targets, from) => {
    for (const to of new Set(targets.values())) {
      if (to <= from) isLoop[to] = true;
      else forward[to]!++;
    }
  });
  return {
    blocks: order,
    successors,
    dominated: children(idom),
    isLoop,
    isMerge: forward.map((count) => count > 1),
    longestPath: longestPaths(order, successors, isLoop),
  };
}

/** Where calls of the region return to: what an indirect branch may go to. */
function returnSites(region: Region): number[] {
  return [...new Set(region.blocks.flatMap(returnSite))];
}

function edgesOf(
  block: RegionBlock,
  sites: readonly number[],
  numberOf: ReadonlyMap<number, number>,
): Map<number, number> {
  const targets = block.end === EndKind.Indirect ? sites : block.targets;
  const edges = new Map<number, number>();
  for (const delta of targets) {
    const node = numberOf.get(delta);
    if (node !== undefined) edges.set(delta, node);
  }
  return edges;
}

function reversePostorder(region: Region): RegionBlock[] {
  const byDelta = new Map(region.blocks.map((block) => [block.delta, block]));
  const sites = returnSites(region);
  const seen = new Set<number>();
  const postorder: RegionBlock[] = [];
  const visit = (block: RegionBlock): void => {
    seen.add(block.delta);
    for (const delta of block.end === EndKind.Indirect ? sites : block.targets) {
      const next = byDelta.get(delta);
      if (next !== undefined && !seen.has(delta)) visit(next);
    }
    postorder.push(block);
  };
  visit(region.blocks[0]!);
  return postorder.reverse();
}

/** Cooper, Harvey and Kennedy, A Simple, Fast Dominance Algorithm. The entry is its own. */
function immediateDominators(edges: readonly ReadonlyMap<number, number>[]): number[] {
  const predecessors: number[][] = edges.map(() => []);
  edges.forEach((targets, from) => {
    for (const to of targets.values()) predecessors[to]!.push(from);
  });
  const idom: number[] = edges.map(() => -1);
  idom[0] = 0;
  for (let changed = true; changed;) {
    changed = false;
    for (let node = 1; node < edges.length; node++) {
      const known = predecessors[node]!.filter((from) => idom[from] !== -1);
      const next = known.reduce((a, b) => intersect(idom, a, b));
      if (idom[node] !== next) {
        idom[node] = next;
        changed = true;
      }
    }
  }
  return idom;
}

function intersect(idom: readonly number[], first: number, second: number): number {
  let [a, b] = [first, second];
  while (a !== b) {
    while (a > b) a = idom[a]!;
    while (b > a) b = idom[b]!;
  }
  return a;
}

function dominates(idom: readonly number[], above: number, below: number): boolean {
  let node = below;
  while (node > above) node = idom[node]!;
  return node === above;
}

function children(idom: readonly number[]): number[][] {
  const lists: number[][] = idom.map(() => []);
  for (let node = idom.length - 1; node > 0; node--) lists[idom[node]!]!.push(node);
  return lists;
}

function longestPaths(
  blocks: readonly RegionBlock[],
  successors: readonly ReadonlyMap<number, number>[],
  isLoop: readonly boolean[],
): number[] {
  const longest = blocks.map(() => 0);
  for (let node = blocks.length - 1; node >= 0; node--) {
    let rest = 0;
    for (const to of successors[node]!.values()) {
      if (to > node && !isLoop[to]) rest = Math.max(rest, longest[to]!);
    }
    longest[node] = blocks[node]!.instructions + rest;
  }
  return longest;
}

/**
 * The shape of a region: order, dominators, loops and meeting points, from which structured code is made (N. Ramsey, Beyond
 * Relooper, ICFP 2022).
 *
 * Nodes are numbers in reverse postorder, 0 is the entry. Branches to one of many places go through a dispatcher, which
 * then is node 0: it dominates everything, so whatever leads to it is a loop. Retreating edges whose target does not
 * dominate their source would make the graph irreducible: they go through it, too.
 */
import { returnSites } from './call-graph.js';
import { EndKind, type Region, type RegionBlock } from './region.js';

/** An indirect branch compares its target with so many; if there are more, the dispatcher finds it. */
const MOST_COMPARED = 3;

export interface ControlFlow {
  /** In reverse postorder; undefined: the dispatcher. */
  readonly blocks: readonly (RegionBlock | undefined)[];
  /** Successors of each node by delta; of the dispatcher all that it leads to. */
  readonly successors: readonly ReadonlyMap<number, number>[];
  /** The node goes to the dispatcher with a target that only it knows. */
  readonly isDispatching: readonly boolean[];
  /** Nodes whose immediate dominator each node is, in descending order. */
  readonly dominated: readonly (readonly number[])[];
  /** Targets of back edges. */
  readonly isLoop: readonly boolean[];
  /** Nodes that more than one forward edge leads to, or the dispatcher. */
  readonly isMerge: readonly boolean[];
  /** For loops and the entry: the most instructions from there to the next loop, back edge or exit. */
  readonly longestPath: readonly number[];
}

/** Where a block goes within its region, by delta. */
interface Edges {
  /** Branches that are made in place. */
  readonly direct: Set<number>;
  /** The others, through the dispatcher. */
  readonly dispatched: Set<number>;
}

export function analyze(region: Region): ControlFlow {
  const edges = edgesOf(region);
  for (;;) {
    const graph = graphOf(region, edges);
    const irregular = irregularEdges(graph);
    if (irregular.length === 0) return shapeOf(graph, edges);
    for (const { from, delta } of irregular) {
      const { direct, dispatched } = edges.get(from)!;
      direct.delete(delta);
      dispatched.add(delta);
    }
  }
}

function edgesOf(region: Region): Map<RegionBlock, Edges> {
  const inside = new Set(region.blocks.map(({ delta }) => delta));
  const sites = returnSites(region);
  return new Map(
    region.blocks.map((block) => {
      const targets = targetsOf(block, region, sites).filter((delta) => inside.has(delta));
      const isMany = isIndirect(block) && targets.length > MOST_COMPARED;
      const [direct, dispatched] = isMany ? [[], targets] : [targets, []];
      return [block, { direct: new Set(direct), dispatched: new Set(dispatched) }];
    }),
  );
}

function isIndirect({ end }: RegionBlock): boolean {
  return end === EndKind.Indirect || end === EndKind.CallIndirect || isReturn(end);
}

function isReturn(end: EndKind): boolean {
  return end === EndKind.Return || end === EndKind.InterruptReturn;
}

function targetsOf(
  block: RegionBlock,
  { indirect }: Region,
  sites: ReadonlyMap<RegionBlock, readonly number[]>,
): readonly number[] {
  if (isReturn(block.end)) return sites.get(block) ?? [];
  return isIndirect(block) ? indirect : block.targets;
}

/** Nodes in order, and for each its successors. */
interface Graph {
  readonly blocks: readonly (RegionBlock | undefined)[];
  readonly successors: readonly ReadonlyMap<number, number>[];
  readonly idom: readonly number[];
}

function graphOf(region: Region, edges: ReadonlyMap<RegionBlock, Edges>): Graph {
  const byDelta = new Map(region.blocks.map((block) => [block.delta, block]));
  const entry = region.blocks[0]!;
  const dispatched = dispatchedFrom(entry, edges, byDelta);
  const hasDispatcher = dispatched.size > 0;
  if (hasDispatcher) dispatched.add(entry.delta);
  const order = reversePostorder(
    hasDispatcher ? undefined : entry,
    (block) => (block === undefined ? dispatched : edges.get(block)!.direct),
    byDelta,
  );
  const numberOf = new Map(order.map((block, i) => [block?.delta, i]));
  const successors = order.map((block) => {
    const deltas = block === undefined ? dispatched : edges.get(block)!.direct;
    return new Map([...deltas].map((delta) => [delta, numberOf.get(delta)!]));
  });
  return { blocks: order, successors, idom: immediateDominators(successors) };
}

/** What the dispatcher must know: where blocks that can be reached go through it. */
function dispatchedFrom(
  entry: RegionBlock,
  edges: ReadonlyMap<RegionBlock, Edges>,
  byDelta: ReadonlyMap<number, RegionBlock>,
): Set<number> {
  const reached = new Set([entry]);
  const places = new Set<number>();
  for (const block of reached) {
    const { direct, dispatched } = edges.get(block)!;
    for (const delta of dispatched) places.add(delta);
    for (const delta of [...direct, ...dispatched]) reached.add(byDelta.get(delta)!);
  }
  return places;
}

function reversePostorder(
  root: RegionBlock | undefined,
  targetsOf: (block: RegionBlock | undefined) => Iterable<number>,
  byDelta: ReadonlyMap<number, RegionBlock>,
): (RegionBlock | undefined)[] {
  const seen = new Set<RegionBlock | undefined>();
  const postorder: (RegionBlock | undefined)[] = [];
  const visit = (block: RegionBlock | undefined): void => {
    seen.add(block);
    for (const delta of targetsOf(block)) {
      const next = byDelta.get(delta)!;
      if (!seen.has(next)) visit(next);
    }
    postorder.push(block);
  };
  visit(root);
  return postorder.reverse();
}

/** Retreating edges whose target does not dominate their source. */
function irregularEdges({ blocks, successors, idom }: Graph): { from: RegionBlock; delta: number }[] {
  return blocks.flatMap((from, node) =>
    [...successors[node]!]
      .filter(([, to]) => to <= node && !dominates(idom, to, node))
      .map(([delta]) => ({ from: from!, delta })),
  );
}

function shapeOf({ blocks, successors, idom }: Graph, edges: ReadonlyMap<RegionBlock, Edges>): ControlFlow {
  const isLoop = blocks.map((block) => block === undefined);
  const forward = blocks.map(() => 0);
  successors.forEach((targets, from) => {
    for (const to of new Set(targets.values())) {
      if (to <= from) isLoop[to] = true;
      else forward[to]! += blocks[from] === undefined ? 2 : 1;
    }
  });
  return {
    blocks,
    successors,
    isDispatching: blocks.map(
      (block) => block !== undefined && isIndirect(block) && edges.get(block)!.dispatched.size > 0,
    ),
    dominated: children(idom),
    isLoop,
    isMerge: forward.map((count) => count > 1),
    longestPath: longestPaths(blocks, successors, isLoop),
  };
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
  blocks: readonly (RegionBlock | undefined)[],
  successors: readonly ReadonlyMap<number, number>[],
  isLoop: readonly boolean[],
): number[] {
  const longest = blocks.map(() => 0);
  for (let node = blocks.length - 1; node >= 0; node--) {
    let rest = 0;
    for (const to of successors[node]!.values()) {
      if (to > node && !isLoop[to]) rest = Math.max(rest, longest[to]!);
    }
    longest[node] = (blocks[node]?.instructions ?? 0) + rest;
  }
  return longest;
}

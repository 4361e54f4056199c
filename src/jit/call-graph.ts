/** Which calls of a region each of its returns may belong to. */
import { EndKind, type Region, type RegionBlock } from './region.js';

/** For each block that returns, from a call or from an interrupt, the deltas of where it may return to within the region. */
export function returnSites(region: Region): ReadonlyMap<RegionBlock, readonly number[]> {
  const sites = new Map<RegionBlock, number[]>();
  const byDelta = new Map(region.blocks.map((block) => [block.delta, block]));
  for (const [target, callers] of callsByTarget(region)) {
    for (const block of functionAt(region, byDelta, target)) {
      if (block.end !== EndKind.Return && block.end !== EndKind.InterruptReturn) continue;
      sites.set(block, [...new Set([...(sites.get(block) ?? []), ...callers])]);
    }
  }
  return sites;
}

/** Where calls go, each with the sites that it is called from. */
function callsByTarget(region: Region): Map<number, number[]> {
  const calls = new Map<number, number[]>();
  for (const { end, targets, returnSite } of region.blocks) {
    if (returnSite === undefined) continue;
    for (const target of end === EndKind.CallIndirect ? region.indirect : targets) {
      calls.set(target, [...(calls.get(target) ?? []), returnSite]);
    }
  }
  return calls;
}

/** The blocks of the function that begins at `delta`, as far as the region has them; what it calls is left out. */
function functionAt(
  region: Region,
  byDelta: ReadonlyMap<number, RegionBlock>,
  delta: number,
): Iterable<RegionBlock> {
  const found = new Set<RegionBlock>();
  const queue = [delta];
  for (const at of queue) {
    const block = byDelta.get(at);
    if (block === undefined || found.has(block)) continue;
    found.add(block);
    if (block.returnSite !== undefined) queue.push(block.returnSite);
    else queue.push(...(block.end === EndKind.Indirect ? region.indirect : block.targets));
  }
  return found;
}

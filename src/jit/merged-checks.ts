/**
 * Loads and stores of a block that lie close together, off the same registers: the first of them is looked at for all. Where it
 * might not do for one of them, the interpreter goes on before it, and the faults of each are its own.
 */
import { EXTENT_SPAN, ExtentSlot } from '../../assembly/abi/extent.js';
import { Uop } from '../../assembly/abi/uop.js';
import type { AddressCheck } from './address-check.js';
import type { Emitter } from './emitter.js';
import { runOf } from './memory-access.js';
import type { RegionBlock, UopFields } from './region.js';
import { Reach } from './reach.js';
import { isAccess, RegisterSums, segmentOf, type Sum, tagOf, termsOf } from './register-sums.js';
import { compilationOf } from './uops.js';

interface Member {
  readonly uop: UopFields;
  readonly address: Sum;
  readonly run: number;
}

/** The checks of a block by micro-op. What has none is looked at by itself. */
export function mergedChecks(emitter: Emitter, block: RegionBlock): ReadonlyMap<number, AddressCheck> {
  const checks = new Map<number, AddressCheck>();
  if (emitter.regionReach.usual !== Reach.Runs) return checks;
  const sums = new RegisterSums(emitter.is64Bit);
  let groups = new Map<string, Member[]>();
  for (const uop of [...block.uops, block.last]) {
    if (mayEndRuns(uop)) {
      settle(groups, checks);
      groups = new Map();
    }
    if (isAccess(uop)) join(emitter, groups, uop, sums.address(uop));
    sums.execute(uop);
  }
  settle(groups, checks);
  return checks;
}

/** It calls the core, which may fill the TLB. */
function mayEndRuns({ code }: UopFields): boolean {
  return code === Uop.Sys || code === Uop.X87 || (compilationOf(code) === undefined && code < Uop.Next);
}

function join(
  emitter: Emitter,
  groups: Map<string, Member[]>,
  uop: UopFields,
  address: Sum | undefined,
): void {
  // Whether the address is its sum, if that is cut, is not known here.
  if (address === undefined || address.cuts.length > 0) return;
  if (emitter.regionReach.hasMissed(uop.address)) return;
  const run = runOf(emitter, uop, tagOf(uop), segmentOf(uop));
  if (run === undefined) return;
  const key = `${termsOf(address)} ${run % ExtentSlot.Count}`;
  groups.set(key, [...(groups.get(key) ?? []), { uop, address, run }]);
}

function settle(groups: ReadonlyMap<string, Member[]>, checks: Map<number, AddressCheck>): void {
  for (const members of groups.values()) {
    for (let rest = members; rest.length > 0;) {
      const near = nearFirst(rest);
      rest = rest.filter((member) => !near.includes(member));
      if (near.length > 1) merge(near, checks);
    }
  }
}

/** Those within a span with the first. */
function nearFirst(members: readonly Member[]): Member[] {
  let [low, high] = [Infinity, -Infinity];
  return members.filter(({ address: { offset } }) => {
    const [lowest, highest] = [Math.min(low, offset), Math.max(high, offset)];
    if (highest - lowest > EXTENT_SPAN) return false;
    [low, high] = [lowest, highest];
    return true;
  });
}

function merge(members: readonly Member[], checks: Map<number, AddressCheck>): void {
  const offsets = members.map(({ address }) => address.offset);
  const lowest = Math.min(...offsets);
  // What may be written may be read.
  const run = Math.max(...members.map((member) => member.run));
  const group = members[0]!.uop.address;
  const isSpan = offsets.some((offset) => offset !== offsets[0]);
  members.forEach(({ uop, address }, i) => {
    checks.set(uop.address, { run, group, isDone: i > 0, offset: lowest - address.offset, isSpan });
  });
}

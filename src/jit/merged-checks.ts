/**
 * Loads and stores off the same registers that lie close together: the first of them is looked at for all, in its block and in those
 * that only it leads to (recursion 1.2 times as fast; V8 11.3, 2026-11-22). Where it might not do for one of them, the interpreter
 * goes on before it, and the faults of each are its own.
 */
import { EXTENT_SPAN } from '../../assembly/abi/extent.js';
import { Reg } from '../../assembly/abi/register.js';
import { Uop } from '../../assembly/abi/uop.js';
import type { AddressCheck } from './address-check.js';
import type { ControlFlow } from './control-flow.js';
import type { Emitter } from './emitter.js';
import {
  carry,
  covers,
  type EndValue,
  isOfOneTerm,
  keyOf,
  type KnownAddresses,
  type Knowledge,
  meet,
  NOTHING,
  startOfSpan,
  termsOfSlot,
} from './known-addresses.js';
import { runOf } from './memory-access.js';
import type { RegionBlock, UopFields } from './region.js';
import { Reach } from './reach.js';
import { GENERAL_SLOTS } from './register-use.js';
import { isAccess, RegisterSums, segmentOf, tagOf, termsOf } from './register-sums.js';
import { compilationOf } from './uops.js';

/** The checks of a block by micro-op. What has none is looked at by itself. */
type Checks = ReadonlyMap<number, AddressCheck>;

interface Member {
  readonly uop: UopFields;
  readonly terms: string;
  readonly offset: number;
  readonly run: number;
  /** It is off one register, and others may be looked at with it that are in other blocks. */
  readonly isOfOneTerm: boolean;
  /** It has missed again: it is looked at for none but itself. */
  readonly isAlone: boolean;
}

/** What a block accesses between calls of the core, which may fill the TLB and so end runs; and what it leaves in registers. */
interface Summary {
  readonly stretches: readonly (readonly Member[])[];
  readonly ends: ReadonlyMap<number, EndValue>;
  /** It branches to itself: some of its turns do not look at addresses. */
  readonly isTurning: boolean;
}

const NO_CHECKS: Checks = new Map();
/** Of what is known before a node, after which nothing is taken to be: it would shrink turn by turn. */
const MOST_CHANGES = 3;
const STACK_TERMS = termsOfSlot(Reg.Rsp >> 3);

/** The checks of a region's blocks. */
export function checksOfRegion(emitter: Emitter, flow: ControlFlow): ReadonlyMap<RegionBlock, Checks> {
  const blocks = flow.blocks.filter((block) => block !== undefined);
  if (emitter.regionReach.usual !== Reach.Runs) return new Map();
  if (blocks.length === 1) return new Map(blocks.map((block) => [block, mergedChecks(emitter, block)]));
  const summaries = flow.blocks.map((block) => block && summaryOf(emitter, block));
  const before = solve(flow, summaries);
  return new Map(
    flow.blocks.flatMap((block, node) => {
      if (block === undefined) return [];
      return [[block, checksAfter(summaries[node]!, before[node]!, true).checks] as const];
    }),
  );
}

/** The checks of a block of which nothing is known, and that nobody follows. */
export function mergedChecks(emitter: Emitter, block: RegionBlock): Checks {
  if (emitter.regionReach.usual !== Reach.Runs) return NO_CHECKS;
  return checksAfter(summaryOf(emitter, block), NOTHING, false).checks;
}

/** What is known before each node: what all that lead to it leave. Nothing is, where the region is entered. */
function solve(flow: ControlFlow, summaries: readonly (Summary | undefined)[]): readonly Knowledge[] {
  const before: (Knowledge | undefined)[] = [NOTHING];
  const changes = flow.blocks.map(() => 0);
  const waiting = new Set([0]);
  for (const from of waiting) {
    waiting.delete(from);
    const summary = summaries[from];
    const after = summary === undefined ? NOTHING : checksAfter(summary, before[from]!, true).after;
    for (const to of new Set(flow.successors[from]!.values())) {
      const old = before[to];
      const met = old === undefined ? after : meet(old, after);
      if (old !== undefined && isSame(met, old)) continue;
      before[to] = changes[to]!++ < MOST_CHANGES ? met : NOTHING;
      waiting.add(to);
    }
  }
  return before.map((known) => known ?? NOTHING);
}

function isSame(some: Knowledge, all: Knowledge): boolean {
  if (some.size !== all.size) return false;
  return [...some].every(([key, { low, high }]) => all.get(key)!.low === low && all.get(key)!.high === high);
}

function summaryOf(emitter: Emitter, block: RegionBlock): Summary {
  const sums = new RegisterSums(emitter.is64Bit, true);
  let members: Member[] = [];
  const stretches = [members];
  for (const uop of [...block.uops, block.last]) {
    if (mayEndRuns(uop)) stretches.push((members = []));
    const member = isAccess(uop) ? memberOf(emitter, uop, sums) : undefined;
    if (member !== undefined) members.push(member);
    sums.execute(uop);
  }
  return { stretches, ends: endsOf(sums), isTurning: block.targets.includes(block.delta) };
}

/** It calls the core, which may fill the TLB. */
function mayEndRuns({ code }: UopFields): boolean {
  return code === Uop.Sys || code === Uop.X87 || (compilationOf(code) === undefined && code < Uop.Next);
}

function memberOf(emitter: Emitter, uop: UopFields, sums: RegisterSums): Member | undefined {
  const address = sums.address(uop);
  const run = address === undefined ? undefined : runOf(emitter, uop, tagOf(uop), segmentOf(uop));
  if (address === undefined || run === undefined) return undefined;
  const isAlone = emitter.regionReach.hasMissedAgain(uop.address);
  const terms = termsOf(address);
  return { uop, terms, offset: address.offset, run, isOfOneTerm: isOfOneTerm(address), isAlone };
}

function endsOf(sums: RegisterSums): Map<number, EndValue> {
  const ends = new Map<number, EndValue>();
  for (let slot = 0; slot < GENERAL_SLOTS; slot++) {
    const value = sums.valueOf(slot);
    if (value !== undefined && isOfOneTerm(value))
      ends.set(slot, { terms: termsOf(value), offset: value.offset });
  }
  return ends;
}

/** The checks of a block before which so much is known, and what is known after it. */
function checksAfter(
  { stretches, ends, isTurning }: Summary,
  before: Knowledge,
  isFollowed: boolean,
): { checks: Checks; after: Knowledge } {
  const checks = new Map<number, AddressCheck>();
  let known = new Map(before);
  stretches.forEach((members, i) => {
    if (i > 0) known = new Map();
    for (const [key, group] of grouped(members)) {
      const found = settle(group, known.get(key), isFollowed, checks);
      if (found !== undefined && !isTurning) known.set(key, found);
    }
  });
  return { checks, after: carry(known.values(), ends) };
}

function grouped(members: readonly Member[]): Map<string, Member[]> {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const key = keyOf(member.terms, member.run);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [member]);
    else group.push(member);
  }
  return groups;
}

/** Says what is done about the addresses of a group; returns what is known then, if it is more than before. */
function settle(
  members: readonly Member[],
  known: KnownAddresses | undefined,
  isFollowed: boolean,
  checks: Map<number, AddressCheck>,
): KnownAddresses | undefined {
  let found: KnownAddresses | undefined;
  const covered = members.filter(({ offset, run }) => covers(known, offset, run));
  for (const { uop, offset } of covered) {
    const group = covered[0]!.uop.address;
    checks.set(uop.address, {
      run: known!.run,
      group,
      isDone: true,
      offset: known!.low - offset,
      isSpan: false,
    });
  }
  let rest = members.filter((member) => !member.isAlone && !covered.includes(member));
  while (rest.length > 0) {
    const near = nearFirst(rest);
    rest = rest.filter((member) => !near.includes(member));
    if (near.length === 1 && !(isFollowed && near[0]!.isOfOneTerm)) continue;
    const merged = merge(near, isFollowed, checks);
    found ??= merged;
  }
  return found;
}

/** Those within a span with the first. */
function nearFirst(members: readonly Member[]): Member[] {
  let [low, high] = [Infinity, -Infinity];
  return members.filter(({ offset }) => {
    const [lowest, highest] = [Math.min(low, offset), Math.max(high, offset)];
    if (highest - lowest > EXTENT_SPAN) return false;
    [low, high] = [lowest, highest];
    return true;
  });
}

function merge(
  members: readonly Member[],
  isFollowed: boolean,
  checks: Map<number, AddressCheck>,
): KnownAddresses {
  const offsets = members.map(({ offset }) => offset);
  const [lowest, highest] = [Math.min(...offsets), Math.max(...offsets)];
  const { terms, isOfOneTerm } = members[0]!;
  const isWide = isFollowed && isOfOneTerm;
  const low = isWide ? startOfSpan(lowest, highest, terms === STACK_TERMS) : lowest;
  // What may be written may be read.
  const run = Math.max(...members.map((member) => member.run));
  const isSpan = isWide || lowest !== highest;
  const group = members[0]!.uop.address;
  members.forEach(({ uop, offset }, i) => {
    checks.set(uop.address, { run, group, isDone: i > 0, offset: low - offset, isSpan });
  });
  return { terms, run, low, high: isSpan ? low + EXTENT_SPAN : low };
}

/**
 * What is known where a block begins: that addresses a register and some bytes apart lie in a run of pages, because every way there
 * has looked at one of them since the register got its value. Nothing on the way may end runs.
 */
import { EXTENT_SPAN, ExtentSlot } from '../../assembly/abi/extent.js';
import type { Sum } from './register-sums.js';

/** Accesses may begin from `low` to `high` bytes behind what `terms` (of a sum) stand for: they lie in `run`. */
export interface KnownAddresses {
  readonly terms: string;
  readonly run: number;
  readonly low: number;
  readonly high: number;
}

/** By `keyOf`. */
export type Knowledge = ReadonlyMap<string, KnownAddresses>;

export const NOTHING: Knowledge = new Map();

/** Nobody follows registers further: offsets stay exact, in 32-bit mode, too. */
const FURTHEST = 4096;

/** Runs for loads and for stores are the same pages as far as both are there; the latter serve either. */
export function keyOf(terms: string, run: number): string {
  return `${terms} ${run % ExtentSlot.Count}`;
}

/** The terms of what a register holds where a block begins. */
export function termsOfSlot(slot: number): string {
  return `${slot},1`;
}

/** Whether an access to `run` that begins `offset` bytes behind the terms is known to lie in it. */
export function covers(known: KnownAddresses | undefined, offset: number, run: number): boolean {
  return known !== undefined && known.run >= run && known.low <= offset && offset <= known.high;
}

/** What is known on both of two ways. */
export function meet(first: Knowledge, second: Knowledge): Knowledge {
  const both = new Map<string, KnownAddresses>();
  for (const [key, one] of first) {
    const other = second.get(key);
    if (other === undefined || other.run !== one.run) continue;
    const [low, high] = [Math.max(one.low, other.low), Math.min(one.high, other.high)];
    if (low <= high) both.set(key, { ...one, low, high });
  }
  return both;
}

/** What was known of values is known of the registers that hold them where the block ends; `ends` by slot. */
export function carry(known: Iterable<KnownAddresses>, ends: ReadonlyMap<number, EndValue>): Knowledge {
  const carried = new Map<string, KnownAddresses>();
  for (const { terms, run, low, high } of known) {
    for (const [slot, value] of ends) {
      if (value.terms !== terms) continue;
      const [lowest, highest] = [low - value.offset, high - value.offset];
      if (Math.max(Math.abs(lowest), Math.abs(highest)) > FURTHEST) continue;
      const own = termsOfSlot(slot);
      carried.set(keyOf(own, run), { terms: own, run, low: lowest, high: highest });
    }
  }
  return carried;
}

/** What a register holds at the end of a block. */
export interface EndValue {
  readonly terms: string;
  readonly offset: number;
}

/**
 * Where the addresses begin that are looked at together with those from `lowest` to `highest`: what else blocks after this one
 * may access off the same register. Stacks grow to both sides, frames lie below their pointer, and records behind theirs.
 */
export function startOfSpan(lowest: number, highest: number, isStack: boolean): number {
  const room = EXTENT_SPAN - (highest - lowest);
  if (isStack) return lowest - Math.min(room, (3 * EXTENT_SPAN) / 4);
  if (highest < 0) return highest - EXTENT_SPAN;
  return lowest >= 0 && lowest <= room ? 0 : lowest;
}

/** Whether a value is that of one register, once, and an offset. */
export function isOfOneTerm({ terms }: Sum): boolean {
  const [count, ...others] = terms.values();
  return count === 1 && others.length === 0;
}

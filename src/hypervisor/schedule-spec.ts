/** A schedule of NMIs as a caller describes it: data that can be kept, printed, and started again for every run. */
import { UsageError } from '../errors.js';
import { atInstructions, everyInstructions, type NmiSchedule, randomInstructions } from './nmi-schedule.js';

/**
 * `count`: at most so many requests; unlimited unless given. `from`: the instruction count at which the schedule
 * begins, so that a guest can set up its handler first; 0 unless given.
 */
export type ScheduleSpec =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'every';
      readonly period: number;
      readonly count?: number | undefined;
      readonly from?: number | undefined;
    }
  | {
      readonly kind: 'random';
      readonly mean: number;
      readonly seed: number;
      readonly count?: number | undefined;
      readonly from?: number | undefined;
    }
  | { readonly kind: 'at'; readonly counts: readonly number[] };

/** A schedule that says what it is, so that a snapshot can keep it and a run can start it again. */
export class DescribedSchedule implements Iterable<number> {
  constructor(readonly spec: ScheduleSpec) {}

  /** The times, from the beginning. */
  [Symbol.iterator](): Iterator<number> {
    return timesOf(this.spec)[Symbol.iterator]();
  }
}

const KINDS: readonly unknown[] = ['none', 'every', 'random', 'at'] satisfies ScheduleSpec['kind'][];

export function startSchedule(spec: ScheduleSpec): DescribedSchedule {
  if (!KINDS.includes(spec?.kind)) throw new UsageError(`a schedule is of a kind of ${KINDS.join(', ')}`);
  return new DescribedSchedule(spec);
}

function timesOf(spec: ScheduleSpec): NmiSchedule {
  switch (spec.kind) {
    case 'none':
      return [];
    case 'every':
      return later(everyInstructions(spec.period, spec.count), spec.from);
    case 'random':
      return later(
        randomInstructions({
          mean: spec.mean,
          seed: spec.seed,
          ...(spec.count === undefined ? {} : { count: spec.count }),
        }),
        spec.from,
      );
    case 'at':
      return atInstructions(spec.counts);
  }
}

/** The schedule, begun at instruction `from`. Listed counts say themselves when they are. */
export function startingAt(spec: ScheduleSpec, from: number): ScheduleSpec {
  return spec.kind === 'every' || spec.kind === 'random' ? { ...spec, from } : spec;
}

function* later(times: NmiSchedule, from = 0): Generator<number> {
  for (const at of times) yield from + at;
}

/** In words, for a heading. */
export function describeSchedule(spec: ScheduleSpec): string {
  switch (spec.kind) {
    case 'none':
      return 'no NMIs by schedule';
    case 'every':
      return `${most(spec.count)}, one every ${spec.period} instructions${beginning(spec.from)}`;
    case 'random':
      return `${most(spec.count)}, at random, ${spec.mean} instructions apart on average (seed ${spec.seed})${beginning(spec.from)}`;
    case 'at':
      return `${spec.counts.length} NMIs at listed instruction counts`;
  }
}

function most(count: number | undefined): string {
  return count === undefined || count === Infinity ? 'NMIs' : `up to ${count} NMIs`;
}

function beginning(from = 0): string {
  return from === 0 ? '' : `, from instruction ${from} on`;
}

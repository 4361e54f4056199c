/** A schedule of NMIs as a caller describes it: data that can be kept, printed, and started again for every run. */
import {
  atInstructions,
  everyInstructions,
  type NmiSchedule,
  randomInstructions,
} from '../hypervisor/nmi-schedule.js';

/** `count`: at most so many requests; unlimited unless given. */
export type ScheduleSpec =
  | { readonly kind: 'none' }
  | { readonly kind: 'every'; readonly period: number; readonly count?: number | undefined }
  | {
      readonly kind: 'random';
      readonly mean: number;
      readonly seed: number;
      readonly count?: number | undefined;
    }
  | { readonly kind: 'at'; readonly counts: readonly number[] };

/** The times, from the beginning. */
export function startSchedule(spec: ScheduleSpec): NmiSchedule {
  switch (spec.kind) {
    case 'none':
      return [];
    case 'every':
      return everyInstructions(spec.period, spec.count);
    case 'random':
      return randomInstructions({
        mean: spec.mean,
        seed: spec.seed,
        ...(spec.count === undefined ? {} : { count: spec.count }),
      });
    case 'at':
      return atInstructions(spec.counts);
  }
}

/** In words, for a heading. */
export function describeSchedule(spec: ScheduleSpec): string {
  switch (spec.kind) {
    case 'none':
      return 'no NMIs by schedule';
    case 'every':
      return `${most(spec.count)}, one every ${spec.period} instructions`;
    case 'random':
      return `${most(spec.count)}, at random every ${spec.mean} instructions on average (seed ${spec.seed})`;
    case 'at':
      return `${spec.counts.length} NMIs at listed instruction counts`;
  }
}

function most(count: number | undefined): string {
  return count === undefined || count === Infinity ? 'NMIs' : `up to ${count} NMIs`;
}

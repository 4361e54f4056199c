/** What one part of the benchmark reports: named results in one unit, and how to read them. */
import type { Estimate } from './estimate.js';

export const SECTION_NAMES = [
  'interpreter',
  'switch',
  'nmi',
  'forks',
  'memory',
  'startup',
  'growth',
] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

/** What a result is hoped to be. Printed beside it, and held against nobody. */
export interface Target {
  readonly is: 'at least' | 'below';
  readonly value: number;
}

export interface Result {
  readonly name: string;
  /** From processor time, where the quantity is a time or a rate. */
  readonly value: number;
  /** Half of the samples lie within this of the value; null where there is but one measurement. */
  readonly spread: number | null;
  /** The same quantity by the clock on the wall; null where it is no time and no rate. */
  readonly wall: number | null;
  readonly target: Target | null;
  /** Other numbers about the same thing, by name. */
  readonly details?: Readonly<Record<string, number>> | undefined;
}

export interface Section {
  readonly name: SectionName;
  readonly title: string;
  readonly unit: string;
  /** One line: what the numbers mean. */
  readonly reading: string;
  readonly results: readonly Result[];
}

/** A result that was measured in both times. */
export function timedResult(
  name: string,
  processor: Estimate,
  wall: Estimate,
  target: Target | null,
): Result {
  return { name, value: processor.median, spread: processor.spread, wall: wall.median, target };
}

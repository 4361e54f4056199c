/** The units of a sweep in their order, and which of them one process has to do. */
import { UsageError } from '../../errors.js';
import type { SweepPlan, SweepUnit } from './sweep-result.js';

export interface UnitKey {
  readonly delivery: string;
  readonly index: number;
}

/** The `index`-th of `count` equal parts of a sweep, counted from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** All units, delivery after delivery. */
export function allUnits({ deliveries }: SweepPlan, unitCounts: readonly number[]): UnitKey[] {
  return deliveries.flatMap((delivery, i) =>
    Array.from({ length: unitCounts[i] ?? 0 }, (_, index) => ({ delivery, index })),
  );
}

/** Every `count`-th unit: the parts differ by one unit at most, and each has its share of every delivery. */
export function unitsOfShard(units: readonly UnitKey[], { index, count }: Shard): UnitKey[] {
  const isShard = Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count;
  if (!isShard) throw new UsageError(`a shard is 1/n to n/n, not ${index}/${count}`);
  return units.filter((_, i) => i % count === index - 1);
}

export function withoutDone(units: readonly UnitKey[], done: readonly SweepUnit[]): UnitKey[] {
  const keys = new Set(done.map(keyOf));
  return units.filter((unit) => !keys.has(keyOf(unit)));
}

export function keyOf({ delivery, index }: UnitKey): string {
  return `${delivery} ${index}`;
}

/** A schedule as data starts the same every time, and says what it is. */
import { expect, it } from 'vitest';
import { describeSchedule, type ScheduleSpec, startSchedule } from '../../src/lab/schedule.js';

function take(spec: ScheduleSpec, count: number): number[] {
  const times: number[] = [];
  for (const at of startSchedule(spec)) if (times.push(at) === count) break;
  return times;
}

// prettier-ignore
it.each<readonly [ScheduleSpec, readonly number[] | null, RegExp]>([
  [{ kind: 'none' },                                  [],           /no NMIs/],
  [{ kind: 'every', period: 10 },                     [10, 20, 30], /every 10 instructions/],
  [{ kind: 'every', period: 10, count: 2 },           [10, 20],     /up to 2 NMIs/],
  [{ kind: 'at', counts: [9, 3] },                    [3, 9],       /2 NMIs at listed/],
  [{ kind: 'random', mean: 100, seed: 5, count: 3 },  null,         /up to 3 NMIs.*100.*seed 5/],
])('%j', (spec, times, description) => {
  if (times) expect(take(spec, 3)).toEqual(times);
  expect(take(spec, 3)).toEqual(take(spec, 3));
  expect(describeSchedule(spec)).toMatch(description);
});

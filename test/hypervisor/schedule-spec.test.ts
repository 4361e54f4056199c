/** A schedule as data starts the same every time, and says what it is. */
import { expect, it } from 'vitest';
import {
  describeSchedule,
  type ScheduleSpec,
  startingAt,
  startSchedule,
} from '../../src/hypervisor/schedule-spec.js';

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
  [{ kind: 'every', period: 10, from: 1000 },         [1010, 1020, 1030], /from instruction 1000 on/],
  [{ kind: 'at', counts: [9, 3] },                    [3, 9],       /2 NMIs at listed/],
  [{ kind: 'random', mean: 100, seed: 5, count: 3 },  null,         /up to 3 NMIs.*100.*seed 5/],
])('%j', (spec, times, description) => {
  if (times) expect(take(spec, 3)).toEqual(times);
  expect(take(spec, 3)).toEqual(take(spec, 3));
  expect(describeSchedule(spec)).toMatch(description);
});

it('begins later for a guest that needs time, but leaves listed counts alone', () => {
  expect(take(startingAt({ kind: 'every', period: 10 }, 500), 2).slice(0, 2)).toEqual([510, 520]);
  expect(startingAt({ kind: 'at', counts: [3] }, 500)).toEqual({ kind: 'at', counts: [3] });
});

/** Times of requests: exact, ascending, and the same everywhere. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import {
  atInstructions,
  everyInstructions,
  parseSchedule,
  randomInstructions,
} from '../../src/hypervisor/nmi-schedule.js';

/** What seed 1 gave when the generator was chosen: schedules in bug reports depend on it. */
const TIMES_OF_SEED_1 = [634, 2367, 4221, 4743, 5566];

it('every n: the first after n', () => {
  expect([...everyInstructions(300, 3)]).toEqual([300, 600, 900]);
});

it('listed: sorted, doubles kept', () => {
  expect(atInstructions([7, 0, 7, 3])).toEqual([0, 3, 7, 7]);
  expect(() => atInstructions([1, -1])).toThrow(UsageError);
  expect(() => atInstructions([1.5])).toThrow(UsageError);
});

it('random: these numbers, for ever', () => {
  const times = [...randomInstructions({ mean: 1000, seed: 1, count: 5 })];
  expect([...randomInstructions({ mean: 1000, seed: 1, count: 5 })]).toEqual(times);
  expect([...randomInstructions({ mean: 1000, seed: 2, count: 5 })]).not.toEqual(times);
  expect(times).toEqual(TIMES_OF_SEED_1);
});

it('random: gaps are 1 to 2·mean - 1, and mean on average', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (mean, seed) => {
      const count = 2000;
      const times = [0, ...randomInstructions({ mean, seed, count })];
      const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * mean - 1);
      const average = (times[count] ?? 0) / count;
      // Standard error of the mean of `count` uniform gaps; 6 of them never happen.
      expect(Math.abs(average - mean)).toBeLessThanOrEqual(6 * ((2 * mean) / Math.sqrt(12 * count)));
    }),
    { numRuns: 50 },
  );
});

it('a period and a mean are at least 1', () => {
  expect(() => [...everyInstructions(0)]).toThrow(UsageError);
  expect(() => [...randomInstructions({ mean: 0.5 })]).toThrow(UsageError);
});

it('a file: one count a line, comments, blank lines', () => {
  expect(parseSchedule('# storm\n200\n\n 100 # first\r\n300', 'storm.txt')).toEqual([100, 200, 300]);
});

// prettier-ignore
it.each([
  ['10\nsoon\n',  /^storm\.txt, line 2: .*"soon"/],
  ['10\n-5\n',    /line 2/],
  ['1e3\n',       /line 1/],
  ['99999999999999999999\n', /line 1/],
  ['# nothing\n', /found none/],
])('a file with %j is refused with its line', (text, message) => {
  expect(() => parseSchedule(text, 'storm.txt')).toThrow(message);
});

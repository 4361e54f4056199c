/** The statistics of the benchmarks. */
import { expect, it } from 'vitest';
import { estimate, rate, scale, subtract } from '../../bench/estimate.js';

it('is the median, whatever one slow sample says', () => {
  expect(estimate([3, 1, 1000, 2, 4])).toEqual({ median: 3, spread: 1 });
});

it('lies between the two middle ones of an even number of samples', () => {
  expect(estimate([4, 1, 2, 9])).toEqual({ median: 3, spread: 1.5 });
});

it('scatters not at all if there is one sample, and needs one', () => {
  expect(estimate([7])).toEqual({ median: 7, spread: 0 });
  expect(() => estimate([])).toThrow(RangeError);
});

it('keeps its relative scatter when it is scaled or made a rate', () => {
  const time = { median: 4, spread: 1 };
  expect(scale(time, 2)).toEqual({ median: 8, spread: 2 });
  expect(rate(100, time)).toEqual({ median: 25, spread: 6.25 });
});

it('scatters more, never less, as a difference', () => {
  expect(subtract({ median: 10, spread: 1 }, { median: 4, spread: 2 })).toEqual({ median: 6, spread: 3 });
});

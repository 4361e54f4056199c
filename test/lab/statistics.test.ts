/** Nearest-rank percentiles. */
import { expect, it } from 'vitest';
import { distribution } from '../../src/lab/statistics.js';

it('gives values that were measured', () => {
  const oneToHundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(distribution(oneToHundred)).toEqual({ p50: 50, p99: 99, max: 100 });
  expect(distribution([0, 0, 0, 1000])).toEqual({ p50: 0, p99: 1000, max: 1000 });
  expect(distribution([7])).toEqual({ p50: 7, p99: 7, max: 7 });
});

it('sorts by value, not by text', () => {
  expect(distribution([9, 10, 100])).toEqual({ p50: 10, p99: 100, max: 100 });
});

it('has nothing to say about nothing', () => {
  expect(distribution([])).toBeNull();
});

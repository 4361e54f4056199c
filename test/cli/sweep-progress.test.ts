/** The line that says how far a sweep is. */
import { expect, it } from 'vitest';
import { SweepProgressLine } from '../../src/cli/sweep-progress.js';

function linesOf(...steps: readonly (readonly [seconds: number, done: number, probes: number])[]): string[] {
  const lines: string[] = [];
  let now = 0;
  const line = { show: (text: string) => void lines.push(text), clear: () => undefined };
  const progress = new SweepProgressLine('guest', line, () => now);
  for (const [seconds, done, probes] of steps) {
    now = seconds * 1000;
    progress.show({ done, total: 100, probes });
  }
  return lines;
}

it('has the rate and the time left as soon as there is something to go by', () => {
  expect(linesOf([5, 0, 0], [7, 1, 300], [9, 4, 1200])).toEqual([
    'guest: 0/100 units, 0 runs/s',
    'guest: 1/100 units, 150 runs/s, 3 min 18 s left',
    'guest: 4/100 units, 300 runs/s, 1 min 36 s left',
  ]);
});

it('goes by the last seconds', () => {
  const lines = linesOf([0, 0, 0], [30, 1, 100], [32, 21, 2100], [34, 41, 4100], [41, 100, 10_000]);
  expect(lines.at(-2)).toBe('guest: 41/100 units, 1000 runs/s, 6 s left');
  expect(lines.at(-1)).toBe('guest: 100/100 units, 878 runs/s, 0 s left');
});

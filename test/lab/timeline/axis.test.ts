/** The axis: round numbers, far enough apart, and the way back from a place to an instruction. */
import { describe, expect, it } from 'vitest';
import { grouped, instructionAt, place, ticksOf } from '../../../src/lab/timeline/axis.js';

const labels = (from: number, to: number, width = 1000): string[] =>
  ticksOf({ from, to, x: 0, width }, 90).map(({ label }) => label);

describe('ticks', () => {
  // prettier-ignore
  it.each<[from: number, to: number, first: string[]]>([
    [0, 3,              ['0', '1', '2', '3']],
    [0, 100,            ['0', '10', '20']],
    [17, 1234,          ['200', '400', '600']],
    [900, 7000,         ['1,000', '2,000', '3,000']],
    [0, 3_325_959,      ['0', '500,000', '1,000,000']],
    [1e15, 1e15 + 1000, ['1,000,000,000,000,000', '1,000,000,000,000,100', '1,000,000,000,000,200']],
  ])('from %i to %i are at %j…', (from, to, first) => {
    expect(labels(from, to).slice(0, first.length)).toEqual(first);
  });

  it('are at least the gap apart, at whole instructions', () => {
    for (let range = 1; range < 1e9; range = Math.ceil(range * 1.7)) {
      const ticks = ticksOf({ from: 5, to: 5 + range, x: 100, width: 800 }, 90);
      for (const [i, { x, label }] of ticks.entries()) {
        expect(Number.isInteger(Number(label.replaceAll(',', '')))).toBe(true);
        if (i > 0) expect(x - ticks[i - 1]!.x).toBeGreaterThanOrEqual(90 - 1e-6);
      }
      expect(ticks.length).toBeGreaterThan(0);
    }
  });
});

it('an instruction is at its place, and found there', () => {
  const scale = { from: 1000, to: 3000, x: 100, width: 500 };
  expect(place(1000, scale)).toBe(100);
  expect(place(2000, scale)).toBe(350);
  expect(place(9999, scale)).toBe(600);
  for (const at of [1000, 1234, 2999, 3000]) expect(instructionAt(place(at, scale), scale)).toBe(at);
});

it('groups thousands', () => {
  expect([0, 999, 1000, 1234567].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567']);
});

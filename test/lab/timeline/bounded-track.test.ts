/** Marks in bounded space: nothing is forgotten, and nothing is made up while there is room. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedTrack, type MarkKind } from '../../../src/lab/timeline/bounded-track.js';
import type { Mark } from '../../../src/lab/timeline/timeline.js';

interface Dot extends Mark {
  readonly color: string;
}

const DOTS: MarkKind<Dot> = { classOf: ({ color }) => color, join: ({ color }) => ({ color }) };

const dot = (from: number, color = 'red', to = from): Dot => ({ from, to, count: 1, color });

function trackOf(dots: readonly Dot[], limit: number, open: readonly Dot[] = []) {
  const track = new BoundedTrack(DOTS, { limit, from: 0, to: Infinity });
  for (const each of dots) track.add(each);
  return track.track(open);
}

describe('while they fit', () => {
  it('marks are as they came, in the order of time', () => {
    expect(trackOf([dot(5), dot(1, 'blue'), dot(3)], 3)).toEqual({
      resolution: 1,
      marks: [dot(1, 'blue'), dot(3), dot(5)],
    });
  });
});

describe('beyond the bound', () => {
  const RANGE = 100_000;
  const dots = fc.array(
    fc.record({
      from: fc.nat(RANGE),
      length: fc.nat(50),
      color: fc.constantFrom('red', 'green', 'blue'),
    }),
    { minLength: 1, maxLength: 300 },
  );

  it('keeps the bound, every count, every class, and where it all begins and ends', () => {
    fc.assert(
      fc.property(dots, fc.integer({ min: 6, max: 40 }), fc.nat(5), (given, limit, openCount) => {
        const all = given.map(({ from, length, color }) => dot(from, color, from + length));
        const cut = Math.max(0, all.length - openCount);
        const { marks } = trackOf(all.slice(0, cut), limit, all.slice(cut));
        expect(marks.length).toBeLessThanOrEqual(limit);
        for (const color of ['red', 'green', 'blue']) {
          const before = all.filter((each) => each.color === color);
          const after = marks.filter((each) => each.color === color);
          expect(after.reduce((sum, { count }) => sum + count, 0)).toBe(before.length);
          expect(Math.min(...after.map(({ from }) => from))).toBe(
            Math.min(...before.map(({ from }) => from)),
          );
          expect(Math.max(...after.map(({ to }) => to))).toBe(Math.max(...before.map(({ to }) => to)));
        }
        expect(marks.map(({ from }) => from)).toEqual(marks.map(({ from }) => from).sort((a, b) => a - b));
      }),
      { numRuns: 200, seed: 20261122 },
    );
  });

  it('joins only what begins within one bucket', () => {
    const { resolution, marks } = trackOf([dot(0), dot(1), dot(2), dot(1000), dot(1001)], 4);
    expect(resolution).toBeGreaterThan(1);
    for (const { from, to } of marks) expect(to - from).toBeLessThan(resolution);
    expect(marks.at(-1)!.from).toBe(1000);
  });

  it('a million marks take a moment', () => {
    const track = new BoundedTrack(DOTS, { limit: 4000, from: 0, to: Infinity });
    for (let at = 0; at < 1_000_000; at++) track.add(dot(at, at % 3 === 0 ? 'red' : 'blue'));
    const { marks } = track.track();
    expect(marks.length).toBeLessThanOrEqual(4000);
    expect(marks.reduce((sum, { count }) => sum + count, 0)).toBe(1_000_000);
  });
});

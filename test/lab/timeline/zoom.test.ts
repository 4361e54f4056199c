/** Zooming and panning: what is pointed at stays, and nothing beyond the whole is shown. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pan, type Range, reveal, zoom } from '../../../src/lab/timeline/zoom.js';

const WHOLE: Range = { from: 100, to: 10_100 };

it('keeps the instruction that is pointed at where it is', () => {
  const closer = zoom(WHOLE, WHOLE, 0.5, 2600);
  expect(closer).toEqual({ from: 1350, to: 6350 });
  expect((2600 - closer.from) / 5000).toBe((2600 - 100) / 10_000);
});

it('stops at ten instructions, and at the whole', () => {
  expect(zoom({ from: 200, to: 220 }, WHOLE, 0.01, 205)).toEqual({ from: 202.5, to: 212.5 });
  expect(zoom({ from: 200, to: 9000 }, WHOLE, 100, 300)).toEqual(WHOLE);
  const short: Range = { from: 0, to: 4 };
  expect(zoom(short, short, 0.5, 2)).toEqual(short);
});

it('pans as far as there is something', () => {
  expect(pan({ from: 1000, to: 2000 }, WHOLE, 500)).toEqual({ from: 1500, to: 2500 });
  expect(pan({ from: 1000, to: 2000 }, WHOLE, -5000)).toEqual({ from: 100, to: 1100 });
  expect(pan({ from: 1000, to: 2000 }, WHOLE, 1e9)).toEqual({ from: 9100, to: 10_100 });
});

it('moves only to show what is not shown', () => {
  const range = { from: 1000, to: 2000 };
  expect(reveal(range, WHOLE, 1500)).toBe(range);
  expect(reveal(range, WHOLE, 5000)).toEqual({ from: 4500, to: 5500 });
});

it('never leaves the whole, and never turns around', () => {
  const inside = fc.integer({ min: WHOLE.from, max: WHOLE.to });
  const steps = fc.array(fc.tuple(fc.double({ min: 0.01, max: 100, noNaN: true }), inside), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(steps, (all) => {
      let range = WHOLE;
      for (const [factor, at] of all) {
        range = pan(zoom(range, WHOLE, factor, at), WHOLE, at * factor - 5000);
        expect(range.from).toBeGreaterThanOrEqual(WHOLE.from);
        expect(range.to).toBeLessThanOrEqual(WHOLE.to + 1e-6);
        expect(range.to - range.from).toBeGreaterThanOrEqual(10 - 1e-6);
      }
    }),
    { seed: 20261122 },
  );
});

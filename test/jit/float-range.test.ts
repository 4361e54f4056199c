/** Bounds of results (src/jit/float-range.ts) beside results: of random expressions of random numbers, zeros among them. */
import { expect, it } from 'vitest';
import { FloatOp } from '../../assembly/abi/float-op.js';
import {
  type FloatRange,
  integerRange,
  isWithinLimits,
  ordinaryRange,
  ORDINARY_EXPONENT,
  rangeOfResult,
} from '../../src/jit/float-range.js';
import { Random } from '../silicon/random.js';

const SEED = 20261122;
const EXPRESSIONS = 3000;
const OPERATIONS = [FloatOp.Add, FloatOp.Sub, FloatOp.Mul, FloatOp.Div, FloatOp.Min, FloatOp.Max] as const;
type Operation = (typeof OPERATIONS)[number];

interface Term {
  readonly value: number;
  readonly range: FloatRange;
}

const compute: Record<Operation, (x: number, y: number) => number> = {
  [FloatOp.Add]: (x, y) => x + y,
  [FloatOp.Sub]: (x, y) => x - y,
  [FloatOp.Mul]: (x, y) => x * y,
  [FloatOp.Div]: (x, y) => x / y,
  [FloatOp.Min]: Math.min,
  [FloatOp.Max]: Math.max,
};

it.each([true, false])('double: %s', (isDouble) => {
  const random = new Random(SEED);
  const round = isDouble ? (x: number) => x : Math.fround;
  const span = ORDINARY_EXPONENT[isDouble ? 'double' : 'single'];
  const leaf = (): Term => {
    if (random.chance(0.1)) return { value: round(random.below(2 ** 31)), range: integerRange(32) };
    if (random.chance(0.1)) return { value: 0, range: ordinaryRange(isDouble, false) };
    // The ends of the range, and close to them.
    const exponent = random.chance(0.4) ? random.pick([-span, span - 1]) : random.below(2 * span) - span;
    const significand = random.chance(0.3) ? 1 : 1 + random.u32() / 2 ** 32 / 1.0001;
    const value = round((random.chance(0.5) ? 1 : -1) * significand * 2 ** exponent);
    return { value: Math.abs(value) < 2 ** span ? value : 1, range: ordinaryRange(isDouble, true) };
  };
  let judged = 0;
  for (let i = 0; i < EXPRESSIONS; i++) {
    let term = leaf();
    for (let depth = 0; depth < 6; depth++) {
      const op = random.pick(OPERATIONS);
      const [x, y] = random.chance(0.5) ? [term, leaf()] : [leaf(), term];
      if (op === FloatOp.Div && !y.range.isNonzero) continue;
      const range = rangeOfResult(op, x.range, y.range, isDouble);
      if (!isWithinLimits(range, isDouble)) break;
      term = { value: round(compute[op](x.value, y.value)), range };
      const magnitude = Math.abs(term.value);
      if (magnitude !== 0) expect(magnitude).toBeGreaterThanOrEqual(2 ** range.least);
      else expect(range.isNonzero).toBe(false);
      expect(magnitude).toBeLessThanOrEqual(2 ** range.most);
      judged++;
    }
  }
  expect(judged).toBeGreaterThan(EXPRESSIONS);
});

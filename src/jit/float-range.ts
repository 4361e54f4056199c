/**
 * What is known of a floating-point number that is finite and not denormal, from the operations that made it: within which
 * powers of two it lies. Where its bounds are those of no exception, an operation needs no look at its result.
 */
import { FloatOp } from '../../assembly/abi/float-op.js';

/** Of a number x: |x| <= 2^most, and it is a multiple of 2^grain. If it is not zero, |x| >= 2^least. */
export interface FloatRange {
  readonly least: number;
  readonly most: number;
  readonly grain: number;
  readonly isNonzero: boolean;
}

/** Bits of a significand after the leading one. */
const FRACTION = { single: 23, double: 52 } as const;
/** Within these a number is neither tiny, before it is rounded or after, nor too large (APM vol 1 §4.8.1). */
const LIMITS = {
  single: { least: -125, most: 127 },
  double: { least: -1021, most: 1023 },
} as const;
/** The exponents that operands of unknown origin are to have: products and quotients of two such numbers are within the limits. */
export const ORDINARY_EXPONENT = { single: 30, double: 124 } as const;

/** The same of operands in turns that are looked at together: a power of two. */
export const TURN_EXPONENT = { single: 32, double: 128 } as const;
/** Bounds of sums: further additions neither overflow nor are they tiny. */
const SUM = { single: { most: 120, grain: -100 }, double: { most: 1000, grain: -900 } } as const;
/** Bits of how many numbers a region adds to a sum at most, and to spare for what it starts with. */
const MOST_ADDITIONS = 40;

type Format = keyof typeof LIMITS;

function formatOf(isDouble: boolean): Format {
  return isDouble ? 'double' : 'single';
}

/** Of operands that have been looked at. */
export function ordinaryRange(isDouble: boolean, isNonzero: boolean): FloatRange {
  const format = formatOf(isDouble);
  return rangeWithin(ORDINARY_EXPONENT[format], format, isNonzero);
}

/** Of operands of a turn that have been looked at (turn-numbers.ts). */
export function turnRange(isDouble: boolean, isNonzero: boolean): FloatRange {
  const format = formatOf(isDouble);
  return rangeWithin(TURN_EXPONENT[format], format, isNonzero);
}

function rangeWithin(most: number, format: Format, isNonzero: boolean): FloatRange {
  return { least: -most, most, grain: -most - FRACTION[format], isNonzero };
}

/** Of what starts within `turnRange` and is added to in the turns of a loop, as long as all that is added is `isAddend`. */
export function sumRange(isDouble: boolean): FloatRange {
  const { most, grain } = SUM[formatOf(isDouble)];
  return { least: grain, most, grain, isNonzero: false };
}

export function isAddend({ most, grain }: FloatRange, isDouble: boolean): boolean {
  const sum = SUM[formatOf(isDouble)];
  return grain >= sum.grain && most <= sum.most - MOST_ADDITIONS;
}

/** Of integers of so many bits. */
export function integerRange(bits: number): FloatRange {
  return { least: 0, most: bits - 1, grain: 0, isNonzero: false };
}

export function isWithinLimits({ least, most }: FloatRange, isDouble: boolean): boolean {
  const limits = LIMITS[formatOf(isDouble)];
  return least >= limits.least && most <= limits.most;
}

/** Of numbers that may be either. */
export function either(x: FloatRange, y: FloatRange): FloatRange {
  return {
    least: Math.min(x.least, y.least),
    most: Math.max(x.most, y.most),
    grain: Math.min(x.grain, y.grain),
    isNonzero: x.isNonzero && y.isNonzero,
  };
}

/** Of the rounded result of ADD, SUB, MUL, DIV, MIN or MAX; the divisor is not zero. */
export function rangeOfResult(op: FloatOp, x: FloatRange, y: FloatRange, isDouble: boolean): FloatRange {
  switch (op) {
    case FloatOp.Add:
    case FloatOp.Sub: {
      const { most, grain } = either(x, y);
      return { least: grain, most: most + 1, grain, isNonzero: false };
    }
    case FloatOp.Mul:
      return scaled(x.least + y.least, x.most + y.most, x.isNonzero && y.isNonzero, isDouble);
    case FloatOp.Div:
      return scaled(x.least - y.most, x.most - y.least, x.isNonzero, isDouble);
    default:
      return either(x, y);
  }
}

/** Of a number that has a full significand: it is a multiple of its last bit. */
function scaled(least: number, most: number, isNonzero: boolean, isDouble: boolean): FloatRange {
  return { least, most, grain: least - FRACTION[formatOf(isDouble)], isNonzero };
}

/** After a conversion to the other format, which rounds to a single. */
export function convertedRange(range: FloatRange, toDouble: boolean): FloatRange {
  if (toDouble) return range;
  return { ...range, grain: Math.max(range.grain, range.least - FRACTION.single) };
}

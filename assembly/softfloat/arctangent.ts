/** The angle of a point: arctan(y / x) in all four quadrants. */
import { add, subtract } from './add';
import { compareMagnitudes } from './compare';
import { fromInteger } from './integral';
import { multiply } from './multiply';
import { copyNumber, FloatNumber, Kind } from './number';
import { ARCTANGENT_TERMS, ARCTANGENTS, COEFFICIENT_BYTES, ODD_RECIPROCALS, pi } from './series';
import { normalize } from './shift';
import { divideWide, evaluateSeries, keepBelowOne, multiplyWide } from './wide';

const SCRATCH = memory.data(5 * offsetof<FloatNumber>(), 16);

function scratch(index: u32): FloatNumber {
  return changetype<FloatNumber>(SCRATCH + index * <u32>offsetof<FloatNumber>());
}

/** to ← the angle of (x, y), finite and not zero, with the sign of y. */
export function arctangent(y: FloatNumber, x: FloatNumber, to: FloatNumber): void {
  const isSteep = compareMagnitudes(y, x) > 0;
  const isLeft = x.sign != 0;
  const sign = y.sign;
  const smaller = scratch(0);
  const larger = scratch(1);
  copyNumber(smaller, isSteep ? x : y);
  copyNumber(larger, isSteep ? y : x);
  smaller.sign = 0;
  larger.sign = 0;
  arctangentOfRatio(smaller, larger, to);
  if (isSteep) {
    halfOfPi(smaller);
    if (isLeft) add(smaller, to, to);
    else subtract(smaller, to, to);
  } else if (isLeft) {
    subtract(pi(), to, to);
  }
  to.sign = sign;
}

/** to ← quarters * pi / 4, for the angles of points at infinity and on the axes. */
export function quartersOfPi(quarters: u32, to: FloatNumber): void {
  fromInteger(<i64>quarters, to);
  multiplyWide(pi(), to, to);
  to.exponent -= 2;
}

function halfOfPi(to: FloatNumber): void {
  copyNumber(to, pi());
  to.exponent--;
}

/** to ← arctan(n / d) for 0 < n <= d: that of the nearest multiple of 1/8, and of the rest. */
function arctangentOfRatio(n: FloatNumber, d: FloatNumber, to: FloatNumber): void {
  divideWide(n, d, to);
  const eighths = nearestEighth(to);
  if (eighths == 0) {
    arctangentOfSmall(to);
    return;
  }
  const rest = scratch(2);
  const scaled = scratch(3);
  const factor = scratch(4);
  // (n / d - i / 8) / (1 + n / d * i / 8)
  fromInteger(<i64>eighths, factor);
  multiply(d, factor, scaled);
  copyNumber(rest, n);
  rest.exponent += 3;
  subtract(rest, scaled, rest);
  multiply(n, factor, scaled);
  copyNumber(to, d);
  to.exponent += 3;
  add(to, scaled, scaled);
  loadArctangent(eighths, to);
  if (rest.kind == Kind.Zero) return;
  divideWide(rest, scaled, rest);
  arctangentOfSmall(rest);
  add(to, rest, to);
}

/** The integer nearest to 8 * ratio. */
function nearestEighth(ratio: FloatNumber): u32 {
  if (ratio.exponent < -4) return 0;
  return (<u32>(ratio.high >> (<u64>(59 - ratio.exponent))) + 1) >> 1;
}

function loadArctangent(eighths: u32, to: FloatNumber): void {
  const at = ARCTANGENTS + ((<usize>eighths) << 4);
  to.high = load<u64>(at);
  to.low = load<u64>(at, 8);
  to.exponent = 0;
  to.sign = 0;
  to.kind = Kind.Finite;
  normalize(to);
}

/** x ← arctan(x), for magnitudes up to 1/16. */
function arctangentOfSmall(x: FloatNumber): void {
  const square = scratch(3);
  const series = scratch(4);
  multiplyWide(x, x, square);
  evaluateSeries(ODD_RECIPROCALS, COEFFICIENT_BYTES, ARCTANGENT_TERMS, square, true, series);
  keepBelowOne(series);
  multiplyWide(x, series, x);
}

/** 2^x - 1. */
import { FloatNumber } from './number';
import { COEFFICIENT_BYTES, EXPONENTIAL, EXPONENTIAL_TERMS, lnOf2 } from './series';
import { evaluateSeries, multiplyWide } from './wide';

const SERIES = memory.data(offsetof<FloatNumber>(), 16);

/** to ← 2^x - 1, for x of magnitude below 1 and not zero. */
export function exponentialMinusOne(x: FloatNumber, to: FloatNumber): void {
  const series = changetype<FloatNumber>(SERIES);
  multiplyWide(x, lnOf2(), to);
  evaluateSeries(EXPONENTIAL, COEFFICIENT_BYTES, EXPONENTIAL_TERMS, to, to.sign != 0, series);
  multiplyWide(to, series, to);
}

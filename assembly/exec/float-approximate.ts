/** RCPSS and RSQRTSS, as Zen 4 has them: they signal nothing and ignore MXCSR (APM vol 4). A denormal operand is a zero. */
import {
  RECIPROCAL_FIRST,
  RECIPROCAL_SECOND,
  ROOT_EVEN_FIRST,
  ROOT_EVEN_SECOND,
  ROOT_ODD_FIRST,
  ROOT_ODD_SECOND,
} from './approximation-tables';

const SIGN: u32 = 0x80000000;
const QUIET: u32 = 0x00400000;
const INFINITY: u32 = 0x7f800000;
const INDEFINITE: u32 = 0xffc00000;
const BIAS: u32 = 127;
/** Biased exponent of results in [0.5, 1). */
const RESULT_EXPONENT: u32 = 126;

/** 1 / x. What would be denormal is zero. */
export function reciprocal(bits: u32): u32 {
  const sign = bits & SIGN;
  const magnitude = bits & ~SIGN;
  if (magnitude > INFINITY) return bits | QUIET;
  const exponent = magnitude >> 23;
  if (exponent == 0) return sign | INFINITY;
  if (exponent >= RESULT_EXPONENT + BIAS) return sign;
  const fraction = lookUp(RECIPROCAL_FIRST, RECIPROCAL_SECOND, magnitude);
  return sign | (((RESULT_EXPONENT + BIAS - exponent) << 23) + (fraction << 11));
}

/** 1 / the square root of x. */
export function reciprocalRoot(bits: u32): u32 {
  const magnitude = bits & ~SIGN;
  if (magnitude > INFINITY) return bits | QUIET;
  const exponent = magnitude >> 23;
  if (exponent == 0) return (bits & SIGN) | INFINITY;
  if (magnitude != bits) return INDEFINITE;
  if (magnitude == INFINITY) return 0;
  const isOdd = (exponent & 1) != 0;
  const fraction = isOdd
    ? lookUp(ROOT_ODD_FIRST, ROOT_ODD_SECOND, magnitude)
    : lookUp(ROOT_EVEN_FIRST, ROOT_EVEN_SECOND, magnitude);
  const halved = (<i32>exponent - <i32>(isOdd ? BIAS : BIAS + 1)) >> 1;
  return ((RESULT_EXPONENT - <u32>halved) << 23) + (fraction << 11);
}

function lookUp(first: usize, second: usize, magnitude: u32): u32 {
  const index = (magnitude >> 11) & 0xfff;
  const row = <u32>load<u16>(first + ((index >> 4) << 1));
  return row - load<u8>(second + (((index >> 8) << 4) | (index & 15)));
}

/** Putting together the formats. The number has been rounded to the format, or is a NaN, which becomes quiet. */
import { FloatNumber, INTEGER, Kind, QUIET } from './number';
import { EXTENDED_BIAS, F16_BIAS, F32_BIAS, F64_BIAS } from './unpack';

export function packF16(x: FloatNumber): u32 {
  return (x.sign << 15) | (biasedExponent(x, F16_BIAS) << 10) | ((<u32>(significandOf(x) >> 53)) & 0x3ff);
}

export function packF32(x: FloatNumber): u32 {
  return (x.sign << 31) | (biasedExponent(x, F32_BIAS) << 23) | ((<u32>(significandOf(x) >> 40)) & 0x7fffff);
}

export function packF64(x: FloatNumber): u64 {
  const upper = (x.sign << 11) | biasedExponent(x, F64_BIAS);
  return ((<u64>upper) << 52) | ((significandOf(x) >> 11) & 0xfffffffffffff);
}

/** Sign and exponent of the extended format; the significand is `significandOf(x)`. */
export function packSignExponent(x: FloatNumber): u32 {
  return (x.sign << 15) | biasedExponent(x, EXTENDED_BIAS);
}

/** The significand of the extended format. */
export function significandOf(x: FloatNumber): u64 {
  switch (x.kind) {
    case Kind.Zero:
      return 0;
    case Kind.Finite:
      return x.high;
    case Kind.Infinity:
      return INTEGER;
    default:
      return x.high | INTEGER | QUIET;
  }
}

/** All ones for infinities and NaNs, 0 for zeros and denormal numbers. */
function biasedExponent(x: FloatNumber, bias: i32): u32 {
  if (x.kind == Kind.Finite) return (x.high & INTEGER) != 0 ? <u32>(x.exponent + bias) : 0;
  return x.kind == Kind.Zero ? 0 : <u32>((bias << 1) | 1);
}

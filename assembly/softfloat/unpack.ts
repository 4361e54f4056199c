/** Taking apart the formats: f16, f32, f64 and x87's extended (APM vol 1 §4.3.1, §6.3.1). */
import { FloatNumber, INTEGER, Kind } from './number';
import { normalize } from './shift';

export const F16_BIAS: i32 = 15;
export const F32_BIAS: i32 = 127;
export const F64_BIAS: i32 = 1023;
export const EXTENDED_BIAS: i32 = 16383;

export function unpackF16(bits: u32, to: FloatNumber): void {
  to.sign = (bits >> 15) & 1;
  unpack(to, (bits >> 10) & 0x1f, (<u64>(bits & 0x3ff)) << 53, 0x1f, F16_BIAS);
}

export function unpackF32(bits: u32, to: FloatNumber): void {
  to.sign = bits >> 31;
  unpack(to, (bits >> 23) & 0xff, (<u64>(bits & 0x7fffff)) << 40, 0xff, F32_BIAS);
}

export function unpackF64(bits: u64, to: FloatNumber): void {
  to.sign = <u32>(bits >> 63);
  unpack(to, (<u32>(bits >> 52)) & 0x7ff, (bits & 0xfffffffffffff) << 11, 0x7ff, F64_BIAS);
}

/** `fraction` is aligned so that the integer bit would be bit 63. */
function unpack(to: FloatNumber, biased: u32, fraction: u64, greatest: u32, bias: i32): void {
  to.low = 0;
  to.isDenormal = 0;
  if (biased == greatest) {
    to.kind = fraction == 0 ? Kind.Infinity : Kind.Nan;
    to.high = fraction | INTEGER;
  } else if (biased != 0) {
    to.kind = Kind.Finite;
    to.high = fraction | INTEGER;
    to.exponent = <i32>biased - bias;
  } else {
    unpackDenormal(to, fraction, 1 - bias);
  }
}

/** A zero or a denormal number. */
function unpackDenormal(to: FloatNumber, significand: u64, exponent: i32): void {
  to.kind = significand == 0 ? Kind.Zero : Kind.Finite;
  to.isDenormal = significand == 0 ? 0 : 1;
  to.high = significand;
  to.exponent = exponent;
  normalize(to);
}

/** A denormal operand that has its integer bit set ("pseudo-denormal") is the number that it says. */
export function unpackExtended(signExponent: u32, significand: u64, to: FloatNumber): void {
  const biased = signExponent & 0x7fff;
  to.sign = (signExponent >> 15) & 1;
  to.low = 0;
  to.isDenormal = 0;
  if (biased == 0) {
    unpackDenormal(to, significand, 1 - EXTENDED_BIAS);
    return;
  }
  to.high = significand;
  to.exponent = <i32>biased - EXTENDED_BIAS;
  if ((significand & INTEGER) == 0) to.kind = Kind.Unsupported;
  else if (biased != 0x7fff) to.kind = Kind.Finite;
  else to.kind = significand == INTEGER ? Kind.Infinity : Kind.Nan;
}

/** Makes a denormal operand zero (MXCSR.DAZ). */
export function flushDenormal(x: FloatNumber): void {
  if (x.isDenormal == 0) return;
  x.isDenormal = 0;
  x.kind = Kind.Zero;
  x.high = 0;
}

/**
 * Coefficients of the series that the transcendental functions use, and constants.
 *
 * A coefficient is a number from 0 to 2 in 128 bits: high and low word of value * 2^127, rounded to nearest.
 */
import { FloatNumber, Kind } from './number';

/** From one coefficient to the next. */
export const COEFFICIENT_BYTES: usize = 16;

/** 1 / k!: of (e^t - 1) / t from k = 1 on; alternating, the odd ones of sin(r) / r and the even ones of cos(r), in r^2. */
// prettier-ignore
const RECIPROCAL_FACTORIALS: usize = memory.data<u64>([
  0x8000000000000000, 0x0000000000000000,
  0x8000000000000000, 0x0000000000000000,
  0x4000000000000000, 0x0000000000000000,
  0x1555555555555555, 0x5555555555555555,
  0x0555555555555555, 0x5555555555555555,
  0x0111111111111111, 0x1111111111111111,
  0x002d82d82d82d82d, 0x82d82d82d82d82d8,
  0x0006806806806806, 0x8068068068068068,
  0x0000d00d00d00d00, 0xd00d00d00d00d00d,
  0x0000171de3a556c7, 0x338faac1c88e5001,
  0x0000024fc9f6ef13, 0xeb8e5de02da7d4cd,
  0x00000035cc8acfea, 0x89c71fce8fc97070,
  0x000000047bb63bfe, 0x3625ed5136a61eb4,
  0x000000005849184e, 0xa1b425f28e0cc749,
  0x00000000064e5d2a, 0x301f27482eb7c517,
  0x00000000006b9fcf, 0x9ccee07c476195ac,
  0x000000000006b9fc, 0xf9ccee07c476195b,
  0x000000000000654b, 0x1dc0c2b529ac9814,
  0x00000000000005a0, 0x9e18ee5f65deec01,
  0x000000000000004b, 0xd26d1a05055c9328,
  0x0000000000000003, 0xca8574804044a0f5,
  0x0000000000000000, 0x2e371dedb9eae318,
  0x0000000000000000, 0x0219c72db6ff0a53,
  0x0000000000000000, 0x001761b41316381a,
  0x0000000000000000, 0x0000f96780cb97ac,
  0x0000000000000000, 0x000009f9e66e8b30,
  0x0000000000000000, 0x000000623a17f1a9,
  0x0000000000000000, 0x00000003a356385c,
  0x0000000000000000, 0x000000002143144c,
  0x0000000000000000, 0x0000000001259f99,
  0x0000000000000000, 0x000000000009c996,
  0x0000000000000000, 0x00000000000050d3,
  0x0000000000000000, 0x0000000000000287,
  0x0000000000000000, 0x0000000000000014,
  0x0000000000000000, 0x0000000000000001,
], 16);
export const EXPONENTIAL: usize = RECIPROCAL_FACTORIALS + COEFFICIENT_BYTES;
export const EXPONENTIAL_TERMS: i32 = 29;
/** Of the next two only every second coefficient belongs to the series. */
export const SINE: usize = RECIPROCAL_FACTORIALS + COEFFICIENT_BYTES;
export const COSINE: usize = RECIPROCAL_FACTORIALS;
/** Enough for r^2 up to 0.617. */
export const SINE_TERMS: i32 = 17;
export const COSINE_TERMS: i32 = 18;

/** 1 / (2k + 1): of artanh(s) / s and, alternating, of arctan(s) / s, in s^2. */
// prettier-ignore
export const ODD_RECIPROCALS: usize = memory.data<u64>([
  0x8000000000000000, 0x0000000000000000,
  0x2aaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaab,
  0x1999999999999999, 0x999999999999999a,
  0x1249249249249249, 0x2492492492492492,
  0x0e38e38e38e38e38, 0xe38e38e38e38e38e,
  0x0ba2e8ba2e8ba2e8, 0xba2e8ba2e8ba2e8c,
  0x09d89d89d89d89d8, 0x9d89d89d89d89d8a,
  0x0888888888888888, 0x8888888888888889,
  0x0787878787878787, 0x8787878787878788,
  0x06bca1af286bca1a, 0xf286bca1af286bca,
  0x0618618618618618, 0x6186186186186186,
  0x0590b21642c8590b, 0x21642c8590b21643,
  0x051eb851eb851eb8, 0x51eb851eb851eb85,
  0x04bda12f684bda12, 0xf684bda12f684bda,
  0x0469ee58469ee584, 0x69ee58469ee5846a,
  0x0421084210842108, 0x4210842108421084,
  0x03e0f83e0f83e0f8, 0x3e0f83e0f83e0f84,
  0x03a83a83a83a83a8, 0x3a83a83a83a83a84,
  0x03759f22983759f2, 0x2983759f2298375a,
  0x0348348348348348, 0x3483483483483483,
  0x031f3831f3831f38, 0x31f3831f3831f383,
  0x02fa0be82fa0be82, 0xfa0be82fa0be82fa,
  0x02d82d82d82d82d8, 0x2d82d82d82d82d83,
  0x02b9310572620ae4, 0xc415c9882b931057,
  0x029cbc14e5e0a72f, 0x05397829cbc14e5e,
  0x0282828282828282, 0x8282828282828283,
], 16);
/** Enough for s^2 up to 0.0295, and up to 1/256. */
export const LOGARITHM_TERMS: i32 = 26;
export const ARCTANGENT_TERMS: i32 = 17;

/** arctan(i / 8) for i from 0 to 8. */
// prettier-ignore
export const ARCTANGENTS: usize = memory.data<u64>([
  0x0000000000000000, 0x0000000000000000,
  0x0feadd4d5617b6e3, 0x2c897989f3e888ef,
  0x1f5b75f92c80dd62, 0xadb8f3debef442fd,
  0x2dec3283c9bde11c, 0xe2a8c848b73f9121,
  0x3b58ce0ac3769ed1, 0x5bf9117b2f0ea341,
  0x47802eaf7bfacfcd, 0xae41af0b32e21ba4,
  0x525e3e8c9a7b8492, 0x0cd43f9522bed64f,
  0x5c029f15e118cf39, 0xe596d2a90852221f,
  0x6487ed5110b4611a, 0x62633145c06e0e69,
], 16);

const CONSTANT = memory.data(offsetof<FloatNumber>(), 16);

/** The constant that was asked for last. */
function constant(high: u64, low: u64, exponent: i32): FloatNumber {
  const x = changetype<FloatNumber>(CONSTANT);
  x.high = high;
  x.low = low;
  x.exponent = exponent;
  x.sign = 0;
  x.kind = Kind.Finite;
  x.isDenormal = 0;
  return x;
}

/** ln 2 */
export function lnOf2(): FloatNumber {
  return constant(0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af, -1);
}

/** 2 / ln 2 */
export function twoOverLnOf2(): FloatNumber {
  return constant(0xb8aa3b295c17f0bb, 0xbe87fed0691d3e89, 1);
}

/** The number itself, not what arguments are reduced by (trigonometric.ts). */
export function pi(): FloatNumber {
  return constant(0xc90fdaa22168c234, 0xc4c6628b80dc1cd1, 1);
}

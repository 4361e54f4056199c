/** Shuffles, blends, inserts and extracts of 128 bits (APM vol 4), most through the byte swizzle of WebAssembly. */
import { shiftBytesRight } from './vector-shift';

/** Positions of the bytes of the lowest doubleword, and the step from one lane to the next. */
const FIRST_DWORD: u32 = 0x03020100;
const DWORD_STEP: u32 = 0x04040404;
const FIRST_WORD: u64 = 0x0100;
const WORD_STEP: u64 = 0x0202;
/** Positions that leave the low or the high half as it is. */
const LOW_HALF: i64 = 0x0706050403020100;
const HIGH_HALF: i64 = 0x0f0e0d0c0b0a0908;
/** From positions in the low half to those in the high half. */
const TO_HIGH: u64 = 0x0808080808080808;

/** PSHUFB: a byte of y with bit 7 set gives zero. */
export function shuffleBytes(x: v128, y: v128): v128 {
  return i8x16.swizzle(x, v128.and(y, i8x16.splat(<i8>0x8f)));
}

/** PSHUFD */
export function shuffle32(x: v128, imm8: u32): v128 {
  return i8x16.swizzle(x, dwordPositions(imm8));
}

/** PSHUFLW */
export function shuffleLow16(x: v128, imm8: u32): v128 {
  return i8x16.swizzle(x, i64x2(<i64>wordPositions(imm8), HIGH_HALF));
}

/** PSHUFHW */
export function shuffleHigh16(x: v128, imm8: u32): v128 {
  return i8x16.swizzle(x, i64x2(LOW_HALF, <i64>(wordPositions(imm8) + TO_HIGH)));
}

/** SHUFPS: two lanes of x, then two of y. */
export function shufflePairs32(x: v128, y: v128, imm8: u32): v128 {
  const positions = dwordPositions(imm8);
  return i64x2.shuffle(i8x16.swizzle(x, positions), i8x16.swizzle(y, positions), 0, 3);
}

/** SHUFPD: a lane of x, then one of y. */
export function shufflePairs64(x: v128, y: v128, imm8: u32): v128 {
  return i64x2(lane64(x, imm8), lane64(y, imm8 >> 1));
}

/** VPERMILPS by a register: bits 1:0 of each lane of y choose. */
export function permuteBy32(x: v128, y: v128): v128 {
  const lanes = v128.and(y, i32x4.splat(3));
  const steps = i32x4.mul(lanes, i32x4.splat(<i32>DWORD_STEP));
  return i8x16.swizzle(x, i32x4.add(steps, i32x4.splat(<i32>FIRST_DWORD)));
}

/** VPERMILPD by a register: bit 1 of each lane of y chooses. */
export function permuteBy64(x: v128, y: v128): v128 {
  const low = <u32>i64x2.extract_lane(y, 0);
  const high = <u32>i64x2.extract_lane(y, 1);
  return i64x2(lane64(x, low >> 1), lane64(x, high >> 1));
}

/** The lane that bit 0 of `index` names. */
function lane64(x: v128, index: u32): i64 {
  return (index & 1) != 0 ? i64x2.extract_lane(x, 1) : i64x2.extract_lane(x, 0);
}

function dwordPositions(imm8: u32): v128 {
  return i32x4(dwordAt(imm8), dwordAt(imm8 >> 2), dwordAt(imm8 >> 4), dwordAt(imm8 >> 6));
}

function dwordAt(index: u32): i32 {
  return <i32>(FIRST_DWORD + (index & 3) * DWORD_STEP);
}

function wordPositions(imm8: u32): u64 {
  return wordAt(imm8) | (wordAt(imm8 >> 2) << 16) | (wordAt(imm8 >> 4) << 32) | (wordAt(imm8 >> 6) << 48);
}

function wordAt(index: u32): u64 {
  return FIRST_WORD + <u64>(index & 3) * WORD_STEP;
}

/** PBLENDW: lanes of y where imm8 has a one. */
export function blend16(x: v128, y: v128, imm8: u32): v128 {
  return v128.bitselect(y, x, lanes16(imm8));
}

/** BLENDPS */
export function blend32(x: v128, y: v128, imm8: u32): v128 {
  return v128.bitselect(y, x, lanes32(imm8));
}

/** BLENDPD */
export function blend64(x: v128, y: v128, imm8: u32): v128 {
  return v128.bitselect(y, x, lanes64(imm8));
}

/** PBLENDVB, BLENDVPS, BLENDVPD for a signed T: lanes of y where the lane of `mask` is negative. */
export function blendBy<T extends number>(x: v128, y: v128, mask: v128): v128 {
  return v128.bitselect(y, x, v128.shr<T>(mask, 8 * sizeof<T>() - 1));
}

/** PINSRB: x with lane `index` from the lowest lane of y. */
export function insert8(x: v128, y: v128, index: u32): v128 {
  const positions = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const lane = i8x16.eq(positions, i8x16.splat(<i8>(index & 15)));
  return v128.bitselect(i8x16.splat(i8x16.extract_lane_s(y, 0)), x, lane);
}

/** PINSRW */
export function insert16(x: v128, y: v128, index: u32): v128 {
  return blend16(x, i16x8.splat(i16x8.extract_lane_s(y, 0)), 1 << (index & 7));
}

/** PINSRD */
export function insert32(x: v128, y: v128, index: u32): v128 {
  return blend32(x, i32x4.splat(i32x4.extract_lane(y, 0)), 1 << (index & 3));
}

/** PINSRQ */
export function insert64(x: v128, y: v128, index: u32): v128 {
  return blend64(x, i64x2.splat(i64x2.extract_lane(y, 0)), 1 << (index & 1));
}

/** PEXTRB: lane `index`, zero-extended. */
export function extract8(x: v128, index: u32): v128 {
  return v128.and(shiftBytesRight(x, index & 15), i64x2(0xff, 0));
}

/** PEXTRW */
export function extract16(x: v128, index: u32): v128 {
  return v128.and(shiftBytesRight(x, (index & 7) << 1), i64x2(0xffff, 0));
}

/** PEXTRD */
export function extract32(x: v128, index: u32): v128 {
  return v128.and(shiftBytesRight(x, (index & 3) << 2), i64x2(0xffffffff, 0));
}

/** PEXTRQ */
export function extract64(x: v128, index: u32): v128 {
  return i64x2(lane64(x, index), 0);
}

/** INSERTPS: lane imm8[7:6] of y into lane imm8[5:4] of x; then those of imm8[3:0] are cleared. */
export function insertAny32(x: v128, y: v128, imm8: u32): v128 {
  const lane = i8x16.swizzle(y, i32x4.splat(dwordAt(imm8 >> 6)));
  const inserted = blend32(x, lane, 1 << ((imm8 >> 4) & 3));
  return v128.andnot(inserted, lanes32(imm8));
}

/** All ones in each lane whose bit in `bits` is set. */
function lanes16(bits: u32): v128 {
  const each = i16x8(1, 2, 4, 8, 16, 32, 64, 128);
  return i16x8.eq(v128.and(i16x8.splat(<i16>bits), each), each);
}

function lanes32(bits: u32): v128 {
  const each = i32x4(1, 2, 4, 8);
  return i32x4.eq(v128.and(i32x4.splat(bits), each), each);
}

function lanes64(bits: u32): v128 {
  const each = i64x2(1, 2);
  return i64x2.eq(v128.and(i64x2.splat(bits), each), each);
}

/** Operations across the halves of a 256-bit register (APM vol 4). Operands: addresses of registers. */
import { VECTOR_SHIFT } from '../abi/vector-register';
import { clearUpperHalf, vectorAddress } from '../vector-file';
import { shiftBytesRight } from './vector-shift';

/** Both halves of `to` ← value. */
export function fillHalves(to: u32, value: v128): void {
  v128.store(to, value);
  v128.store(to, value, 16);
}

/** The low half of `from`, and the same shifted right by `bytes` as the high half. */
export function spread(to: u32, from: u32, bytes: u32): void {
  const low = v128.load(from);
  v128.store(to, low);
  v128.store(to, shiftBytesRight(low, bytes), 16);
}

/** VPERM2F128: imm8 bits 1:0 and 5:4 choose a half of first or second, bits 3 and 7 zero. */
export function permuteHalves(to: u32, first: u32, second: u32, imm8: u32): void {
  const low = halfOf(first, second, imm8);
  const high = halfOf(first, second, imm8 >> 4);
  v128.store(to, low);
  v128.store(to, high, 16);
}

function halfOf(first: u32, second: u32, control: u32): v128 {
  if ((control & 8) != 0) return i64x2.splat(0);
  const from = (control & 2) != 0 ? second : first;
  return v128.load(from + ((control & 1) << 4));
}

/** VPERMQ */
export function permute64(to: u32, from: u32, imm8: u32): void {
  const low = i64x2(lane64(from, imm8), lane64(from, imm8 >> 2));
  const high = i64x2(lane64(from, imm8 >> 4), lane64(from, imm8 >> 6));
  v128.store(to, low);
  v128.store(to, high, 16);
}

function lane64(from: u32, index: u32): i64 {
  return load<i64>(from + ((index & 3) << 3));
}

/** VPERMD: bits 2:0 of each lane of `control` choose a lane of `from`. */
export function permuteLanes32(to: u32, control: u32, from: u32): void {
  const low = chosen32(control, from);
  const high = chosen32(control + 16, from);
  v128.store(to, low);
  v128.store(to, high, 16);
}

function chosen32(control: u32, from: u32): v128 {
  return i32x4(
    lane32(from, load<u32>(control)),
    lane32(from, load<u32>(control, 4)),
    lane32(from, load<u32>(control, 8)),
    lane32(from, load<u32>(control, 12)),
  );
}

function lane32(from: u32, index: u32): i32 {
  return load<i32>(from + ((index & 7) << 2));
}

/** VINSERTF128 */
export function insertHalf(to: u32, first: u32, second: u32, imm8: u32): void {
  const inserted = v128.load(second);
  const low = v128.load(first);
  const high = v128.load(first, 16);
  const isHigh = (imm8 & 1) != 0;
  v128.store(to, isHigh ? low : inserted);
  v128.store(to, isHigh ? inserted : high, 16);
}

/** VEXTRACTF128 */
export function extractHalf(to: u32, from: u32, imm8: u32): void {
  v128.store(to, v128.load(from + ((imm8 & 1) << 4)));
}

/** PMOVMSKB */
export function signs8(to: u32, from: u32, isWide: bool): void {
  const high = isWide ? i8x16.bitmask(v128.load(from, 16)) << 16 : 0;
  storeLow(to, high | i8x16.bitmask(v128.load(from)));
}

/** MOVMSKPS */
export function signs32(to: u32, from: u32, isWide: bool): void {
  const high = isWide ? i32x4.bitmask(v128.load(from, 16)) << 4 : 0;
  storeLow(to, high | i32x4.bitmask(v128.load(from)));
}

/** MOVMSKPD */
export function signs64(to: u32, from: u32, isWide: bool): void {
  const high = isWide ? i64x2.bitmask(v128.load(from, 16)) << 2 : 0;
  storeLow(to, high | i64x2.bitmask(v128.load(from)));
}

function storeLow(to: u32, value: i32): void {
  v128.store(to, i64x2(<i64>(<u32>value), 0));
}

/** VZEROUPPER */
export function zeroUpper(count: u32): void {
  for (let number: u32 = 0; number < count; number++) clearUpperHalf(vectorAddress(number));
}

/** VZEROALL */
export function zeroAll(count: u32): void {
  memory.fill(vectorAddress(0), 0, count << VECTOR_SHIFT);
}

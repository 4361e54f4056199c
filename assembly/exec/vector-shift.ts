/** Shifts of vectors (APM vol 4). A count beyond the lane leaves zeros, or copies of the sign. */
import { VECTOR_SHIFT } from '../abi/vector-register';

export function shiftLanesLeft<T extends number>(x: v128, count: u32): v128 {
  return count < 8 * sizeof<T>() ? v128.shl<T>(x, count) : i64x2.splat(0);
}

/** Logical for an unsigned T. */
export function shiftLanesRight<T extends number>(x: v128, count: u32): v128 {
  return count < 8 * sizeof<T>() ? v128.shr<T>(x, count) : i64x2.splat(0);
}

/** Arithmetic for a signed T. */
export function shiftLanesArithmetic<T extends number>(x: v128, count: u32): v128 {
  return v128.shr<T>(x, min<u32>(count, 8 * sizeof<T>() - 1));
}

/** The count in the lowest 64 bits of the register that holds `address`, as one that no lane is longer than. */
export function countIn(address: u32): u32 {
  const register = address & ~((1 << VECTOR_SHIFT) - 1);
  return <u32>min<u64>(load<u64>(register), 255);
}

/** PSLLDQ */
export function shiftBytesLeft(x: v128, count: u32): v128 {
  return i8x16.swizzle(x, i8x16.sub(positions(), i8x16.splat(<i8>min<u32>(count, 16))));
}

/** PSRLDQ */
export function shiftBytesRight(x: v128, count: u32): v128 {
  return i8x16.swizzle(x, i8x16.add(positions(), i8x16.splat(<i8>min<u32>(count, 16))));
}

/** PALIGNR: 16 bytes of high:low, from byte `count` on. */
export function alignBytes(high: v128, low: v128, count: u32): v128 {
  const from = i8x16.add(positions(), i8x16.splat(<i8>min<u32>(count, 32)));
  return v128.or(i8x16.swizzle(low, from), i8x16.swizzle(high, i8x16.sub(from, i8x16.splat(16))));
}

/** What WebAssembly's swizzle takes for "every byte where it is"; outside of 0 to 15 it gives zero. */
function positions(): v128 {
  return i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** VPSLLV: each lane of x by the lane of y, in steps of powers of two. */
export function shiftLeftEach<T extends number>(x: v128, y: v128): v128 {
  let result = x;
  for (let step: u32 = 1; step < 8 * sizeof<T>(); step <<= 1)
    result = v128.bitselect(v128.shl<T>(result, step), result, hasBit<T>(y, step));
  return v128.and(result, isWithinLane<T>(y));
}

/** VPSRLV for an unsigned T. */
export function shiftRightEach<T extends number>(x: v128, y: v128): v128 {
  return v128.and(shiftedRight<T>(x, y), isWithinLane<T>(y));
}

/** VPSRAV for a signed T. */
export function shiftArithmeticEach<T extends number>(x: v128, y: v128): v128 {
  const signs = v128.shr<T>(x, 8 * sizeof<T>() - 1);
  return v128.bitselect(shiftedRight<T>(x, y), signs, isWithinLane<T>(y));
}

function shiftedRight<T extends number>(x: v128, y: v128): v128 {
  let result = x;
  for (let step: u32 = 1; step < 8 * sizeof<T>(); step <<= 1)
    result = v128.bitselect(v128.shr<T>(result, step), result, hasBit<T>(y, step));
  return result;
}

function hasBit<T extends number>(y: v128, bit: u32): v128 {
  const bits = v128.splat<T>(<T>bit);
  return v128.eq<T>(v128.and(y, bits), bits);
}

function isWithinLane<T extends number>(y: v128): v128 {
  const beyond = v128.splat<T>(<T>(0 - 8 * <i32>sizeof<T>()));
  return v128.eq<T>(v128.and(y, beyond), i64x2.splat(0));
}

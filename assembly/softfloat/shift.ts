/** Shifts of 128-bit significands. What a shift to the right loses stays in the lowest bit. */
import { FloatNumber, Kind } from './number';

/** 1 if any bit is set. */
export function sticky(bits: u64): u64 {
  return bits != 0 ? 1 : 0;
}

/** Shifts high:low right by `count`; the exponent stays. */
export function shiftRightSticky(x: FloatNumber, count: u32): void {
  if (count == 0) return;
  const high = x.high;
  const low = x.low;
  if (count < 64) {
    x.high = high >> count;
    x.low = (high << (64 - count)) | (low >> count) | sticky(low << (64 - count));
  } else {
    x.high = 0;
    x.low = shiftWordSticky(high, count - 64) | sticky(low);
  }
}

/** A word shifted right by any count. */
function shiftWordSticky(word: u64, count: u32): u64 {
  if (count == 0) return word;
  if (count > 63) return sticky(word);
  return (word >> count) | sticky(word << (64 - count));
}

/** Makes bit 63 of `high` set, or the number a zero of the same sign. */
export function normalize(x: FloatNumber): void {
  if (x.high == 0) {
    if (x.low == 0) {
      x.kind = Kind.Zero;
      return;
    }
    x.high = x.low;
    x.low = 0;
    x.exponent -= 64;
  }
  const count = <u32>clz<u64>(x.high);
  if (count == 0) return;
  x.high = (x.high << count) | (x.low >> (64 - count));
  x.low <<= count;
  x.exponent -= count;
}

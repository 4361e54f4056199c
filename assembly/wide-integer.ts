/** 128-bit products and dividends, which Wasm does not have. */

/** High half of the 128-bit product of two unsigned numbers. */
export function multiplyHigh(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const low = al * bl;
  const middle = ah * bl + (low >> 32);
  const middle2 = al * bh + (middle & 0xffffffff);
  return ah * bh + (middle >> 32) + (middle2 >> 32);
}

/** high:low / divisor where high < divisor: Knuth's algorithm D with two 32-bit digits. */
export function divide128(high: u64, low: u64, divisor: u64): u64 {
  if (high == 0) return low / divisor;
  const shift = clz<u64>(divisor);
  const v = divisor << shift;
  const vHigh = v >> 32;
  const vLow = v & 0xffffffff;
  const u = shift == 0 ? high : (high << shift) | (low >> (64 - shift));
  const rest = low << shift;
  const first = quotientDigit(u, rest >> 32, vHigh, vLow);
  const remainder = (u << 32) + (rest >> 32) - first * v;
  const second = quotientDigit(remainder, rest & 0xffffffff, vHigh, vLow);
  return (first << 32) + second;
}

/** One 32-bit digit of the quotient of u:next by vHigh:vLow; the estimate is at most two too large. */
function quotientDigit(u: u64, next: u64, vHigh: u64, vLow: u64): u64 {
  let digit = u / vHigh;
  let remainder = u - digit * vHigh;
  while (digit >= 0x100000000 || digit * vLow > ((remainder << 32) | next)) {
    digit--;
    remainder += vHigh;
    if (remainder >= 0x100000000) break;
  }
  return digit;
}

/** PCLMULQDQ (APM vol 4): multiplication of polynomials over GF(2). */

/** to ← product of a quadword of `first` (bit 0 of `select`: the upper) and one of `second` (bit 4). */
export function carrylessMultiply(to: u32, first: u32, second: u32, select: u32): void {
  const left = load<u64>(first + ((select & 1) << 3));
  let rest = load<u64>(second + ((select & 0x10) >> 1));
  let low: u64 = 0;
  let high: u64 = 0;
  while (rest != 0) {
    const by = ctz<u64>(rest);
    low ^= left << by;
    // In two steps: a shift by 64 would be one by 0.
    high ^= (left >> 1) >> (63 - by);
    rest &= rest - 1;
  }
  v128.store(to, i64x2(<i64>low, <i64>high));
}

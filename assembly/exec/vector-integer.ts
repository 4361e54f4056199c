/** Integer arithmetic on the lanes of 128 bits, where WebAssembly has no such instruction (APM vol 4). */

/** PMULHW: upper halves of the products of signed words. */
export function multiplyHighS16(x: v128, y: v128): v128 {
  return upperHalves(i32x4.extmul_low_i16x8_s(x, y), i32x4.extmul_high_i16x8_s(x, y));
}

/** PMULHUW */
export function multiplyHighU16(x: v128, y: v128): v128 {
  return upperHalves(i32x4.extmul_low_i16x8_u(x, y), i32x4.extmul_high_i16x8_u(x, y));
}

function upperHalves(low: v128, high: v128): v128 {
  return i16x8.shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}

/** PMULHRSW: WebAssembly's saturates −1 · −1 to 7FFFh; x86 gives 8000h. */
export function multiplyRounded16(x: v128, y: v128): v128 {
  const least = i16x8.splat(-0x8000);
  const isOverflow = v128.and(i16x8.eq(x, least), i16x8.eq(y, least));
  return v128.xor(i16x8.q15mulr_sat_s(x, y), isOverflow);
}

/** PMULDQ: products of the even lanes. */
export function multiplyWideS32(x: v128, y: v128): v128 {
  return i64x2.extmul_low_i32x4_s(evenDwords(x, x), evenDwords(y, y));
}

/** PMULUDQ */
export function multiplyWideU32(x: v128, y: v128): v128 {
  return i64x2.extmul_low_i32x4_u(evenDwords(x, x), evenDwords(y, y));
}

/** PMADDUBSW: products of unsigned bytes of x and signed bytes of y, added in pairs with saturation. No product overflows. */
export function multiplyAdd8(x: v128, y: v128): v128 {
  const even = i16x8.mul(v128.and(x, i16x8.splat(0xff)), i16x8.shr_s(i16x8.shl(y, 8), 8));
  const odd = i16x8.mul(i16x8.shr_u(x, 8), i16x8.shr_s(y, 8));
  return i16x8.add_sat_s(even, odd);
}

/** PSADBW: sums of the absolute differences of eight bytes each. */
export function absoluteDifferences(x: v128, y: v128): v128 {
  const differences = v128.or(i8x16.sub_sat_u(x, y), i8x16.sub_sat_u(y, x));
  const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(differences));
  return i64x2.add(v128.and(sums, i64x2.splat(0xffffffff)), i64x2.shr_u(sums, 32));
}

/** MPSADBW: four bytes of y, at imm8 bits 1:0, against eight neighbouring positions in x, from imm8 bit 2. */
export function slidingDifferences(x: v128, y: v128, imm8: u32): v128 {
  const start = imm8 & 4;
  const block = (imm8 & 3) << 2;
  let sums = i16x8.splat(0);
  for (let i: u32 = 0; i < 4; i++) {
    const positions = i8x16.add(
      i8x16(0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0),
      i8x16.splat(<i8>(start + i)),
    );
    const left = i16x8.extend_low_i8x16_u(i8x16.swizzle(x, positions));
    const right = i16x8.extend_low_i8x16_u(i8x16.swizzle(y, i8x16.splat(<i8>(block + i))));
    sums = i16x8.add(sums, i16x8.abs(i16x8.sub(left, right)));
  }
  return sums;
}

/** PSIGN: x, negated or cleared as y is negative or zero. */
export function sign<T extends number>(x: v128, y: v128): v128 {
  const isNegative = v128.shr<T>(y, 8 * sizeof<T>() - 1);
  const signed = v128.sub<T>(v128.xor(x, isNegative), isNegative);
  return v128.andnot(signed, v128.eq<T>(y, i64x2.splat(0)));
}

/** PHADDW: sums of neighbours, those of x below those of y. */
export function addPairs16(x: v128, y: v128): v128 {
  return i16x8.add(evenWords(x, y), oddWords(x, y));
}

export function addPairs32(x: v128, y: v128): v128 {
  return i32x4.add(evenDwords(x, y), oddDwords(x, y));
}

export function addPairsSatS16(x: v128, y: v128): v128 {
  return i16x8.add_sat_s(evenWords(x, y), oddWords(x, y));
}

/** PHSUBW: the odd is subtracted. */
export function subPairs16(x: v128, y: v128): v128 {
  return i16x8.sub(evenWords(x, y), oddWords(x, y));
}

export function subPairs32(x: v128, y: v128): v128 {
  return i32x4.sub(evenDwords(x, y), oddDwords(x, y));
}

export function subPairsSatS16(x: v128, y: v128): v128 {
  return i16x8.sub_sat_s(evenWords(x, y), oddWords(x, y));
}

function evenWords(x: v128, y: v128): v128 {
  return i16x8.shuffle(x, y, 0, 2, 4, 6, 8, 10, 12, 14);
}

function oddWords(x: v128, y: v128): v128 {
  return i16x8.shuffle(x, y, 1, 3, 5, 7, 9, 11, 13, 15);
}

function evenDwords(x: v128, y: v128): v128 {
  return i32x4.shuffle(x, y, 0, 2, 4, 6);
}

function oddDwords(x: v128, y: v128): v128 {
  return i32x4.shuffle(x, y, 1, 3, 5, 7);
}

/** PHMINPOSUW: the least unsigned word and, above it, its position. */
export function minPosition(x: v128): v128 {
  let rest = x;
  let least = <u32>i16x8.extract_lane_u(x, 0);
  let position: u32 = 0;
  for (let i: u32 = 1; i < 8; i++) {
    rest = i16x8.shuffle(rest, rest, 1, 2, 3, 4, 5, 6, 7, 0);
    const word = <u32>i16x8.extract_lane_u(rest, 0);
    if (word >= least) continue;
    least = word;
    position = i;
  }
  return i64x2(<i64>(<u64>(least | (position << 16))), 0);
}

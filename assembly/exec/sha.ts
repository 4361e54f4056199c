/** SHA-1 and SHA-256 (APM vol 4, SHA1RNDS4 to SHA256MSG2; FIPS 180-4). The first of four words is in bits 127:96. */

/** FIPS 180-4 §4.2.1. */
const K1 = <u32>memory.data<u32>([0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6]);

/**
 * SHA1RNDS4: to ← A, B, C, D after four rounds from those in `state`. `words` are four words of the message, E already
 * added to the first; bits 1:0 of `phase` choose function and constant.
 */
export function sha1Rounds(to: u32, state: u32, words: u32, phase: u32): void {
  let a = load<u32>(state, 12);
  let b = load<u32>(state, 8);
  let c = load<u32>(state, 4);
  let d = load<u32>(state);
  let e: u32 = 0;
  const step = phase & 3;
  const constant = load<u32>(K1 + (step << 2));
  for (let at: i32 = 12; at >= 0; at -= 4) {
    const next = sha1Function(step, b, c, d) + rotl<u32>(a, 5) + load<u32>(words + at) + e + constant;
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = next;
  }
  v128.store(to, i32x4(d, c, b, a));
}

/** FIPS 180-4 §4.1.1: Ch, Parity, Maj, Parity. */
function sha1Function(step: u32, b: u32, c: u32, d: u32): u32 {
  if (step == 0) return choose(b, c, d);
  return step == 2 ? majority(b, c, d) : b ^ c ^ d;
}

/** SHA1NEXTE: to ← `words` with the E that follows from A in `state` added to the first. */
export function sha1NextE(to: u32, state: u32, words: u32): void {
  const e = rotl<u32>(load<u32>(state, 12), 30);
  v128.store(to, v128.add<u32>(v128.load(words), i32x4(0, 0, 0, e)));
}

/** SHA1MSG1: each of four words of the message plus (without carries) the word two later. */
export function sha1Schedule1(to: u32, first: u32, second: u32): void {
  const words = v128.load(first);
  v128.store(to, v128.xor(words, v128.shuffle<u64>(words, v128.load(second), 3, 0)));
}

/** SHA1MSG2: the next four words of the message; the last of them needs the first. */
export function sha1Schedule2(to: u32, first: u32, second: u32): void {
  const next0 = rotl<u32>(load<u32>(first, 12) ^ load<u32>(second, 8), 1);
  const next1 = rotl<u32>(load<u32>(first, 8) ^ load<u32>(second, 4), 1);
  const next2 = rotl<u32>(load<u32>(first, 4) ^ load<u32>(second), 1);
  const next3 = rotl<u32>(load<u32>(first) ^ next0, 1);
  v128.store(to, i32x4(next3, next2, next1, next0));
}

/** SHA256RNDS2: to ← A, B, E, F after two rounds from C, D, G, H and A, B, E, F; the words to add are the low two of `words`. */
export function sha256Rounds(to: u32, cdgh: u32, abef: u32, words: u32): void {
  let a = load<u32>(abef, 12);
  let b = load<u32>(abef, 8);
  let c = load<u32>(cdgh, 12);
  let d = load<u32>(cdgh, 8);
  let e = load<u32>(abef, 4);
  let f = load<u32>(abef);
  let g = load<u32>(cdgh, 4);
  let h = load<u32>(cdgh);
  for (let at: u32 = 0; at < 8; at += 4) {
    const sum1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const sum0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const left = h + sum1 + choose(e, f, g) + load<u32>(words + at);
    const right = sum0 + majority(a, b, c);
    h = g;
    g = f;
    f = e;
    e = d + left;
    d = c;
    c = b;
    b = a;
    a = left + right;
  }
  v128.store(to, i32x4(f, e, b, a));
}

/** SHA256MSG1: each of four words of the message, the first in bits 31:0, plus sigma0 of the next. */
export function sha256Schedule1(to: u32, first: u32, second: u32): void {
  const words = v128.load(first);
  const next = v128.shuffle<u32>(words, v128.load(second), 1, 2, 3, 4);
  const sigma0 = v128.xor(v128.xor(rotateRight(next, 7), rotateRight(next, 18)), v128.shr<u32>(next, 3));
  v128.store(to, v128.add<u32>(words, sigma0));
}

/** SHA256MSG2: plus sigma1 of the word two before, which for the last two is a result. */
export function sha256Schedule2(to: u32, first: u32, second: u32): void {
  const next0 = load<u32>(first) + sigma1(load<u32>(second, 8));
  const next1 = load<u32>(first, 4) + sigma1(load<u32>(second, 12));
  const next2 = load<u32>(first, 8) + sigma1(next0);
  const next3 = load<u32>(first, 12) + sigma1(next1);
  v128.store(to, i32x4(next0, next1, next2, next3));
}

function choose(x: u32, y: u32, z: u32): u32 {
  return z ^ (x & (y ^ z));
}

function majority(x: u32, y: u32, z: u32): u32 {
  return (x & y) | (z & (x | y));
}

function sigma1(x: u32): u32 {
  return rotr<u32>(x, 17) ^ rotr<u32>(x, 19) ^ (x >> 10);
}

function rotateRight(words: v128, by: i32): v128 {
  return v128.or(v128.shr<u32>(words, by), v128.shl<u32>(words, 32 - by));
}

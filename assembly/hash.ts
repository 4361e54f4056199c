/**
 * XXH64 over whole stripes of 32 bytes: what state hashes are made of (xxHash fast digest algorithm, specification 0.1.1).
 * Not for adversaries: it finds what differs by accident.
 */

const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME_3: u64 = 0x165667b19e3779f9;
const PRIME_4: u64 = 0x85ebca77c2b2ae63;
const STRIPE: u32 = 32;

/** A page to put what is to be hashed and is not in the core's memory. */
const BUFFER = <u32>memory.data(4096, 16);

export const HASH_BUFFER_ADDRESS: u32 = BUFFER;

/** @param bytes A multiple of 32, not 0. */
export function hashBytes(address: u32, bytes: u32, seed: u64): u64 {
  let a = seed + PRIME_1 + PRIME_2;
  let b = seed + PRIME_2;
  let c = seed;
  let d = seed - PRIME_1;
  for (let at = address; at < address + bytes; at += STRIPE) {
    a = round(a, load<u64>(at));
    b = round(b, load<u64>(at, 8));
    c = round(c, load<u64>(at, 16));
    d = round(d, load<u64>(at, 24));
  }
  let hash = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
  hash = merge(merge(merge(merge(hash, a), b), c), d) + <u64>bytes;
  hash = (hash ^ (hash >> 33)) * PRIME_2;
  hash = (hash ^ (hash >> 29)) * PRIME_3;
  return hash ^ (hash >> 32);
}

/** @param bytes A multiple of 16. */
export function isZero(address: u32, bytes: u32): bool {
  for (let at = address; at < address + bytes; at += 16) if (v128.any_true(v128.load(at))) return false;
  return true;
}

function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * PRIME_2, 31) * PRIME_1;
}

function merge(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
}

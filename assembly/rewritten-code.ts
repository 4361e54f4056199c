/**
 * Blocks whose bytes have been overwritten, made to fit what was written: programs that modify themselves mostly put other
 * constants into the same instructions, or go back and forth between a few versions.
 *
 * A block keeps a copy of the bytes that it was decoded from. Where they differ from what is in memory now by nothing but an
 * immediate or a displacement of 32 bits, that is put into the micro-op; every other difference means decoding again.
 */
import { Uop, UOP_BYTES } from './abi/uop';
import { UopRecord } from './uop-record';

const CONSTANT_BYTES: u32 = 4;
/** An opcode and a constant; and below the shortest instruction with a 64-bit address. */
const SHORTEST: u32 = 5;
const LONGEST: u32 = 8;

/** The micro-op that `adapt` has put another constant into, and where that is in the block; 0: none. */
export let patchedUop: u32 = 0;
export let patchedOffset: u32 = 0;

/**
 * Makes a block of what is at `now`. False if it has to be decoded again; then the copy may have come nearer, and the micro-ops
 * with it.
 *
 * @param uops The first of `count` micro-ops of the block; `copy` are its bytes.
 */
export function adapt(uops: u32, count: u32, copy: u32, bytes: u32, now: u32): bool {
  patchedUop = 0;
  if (memory.compare(copy, now, bytes) == 0) return true;
  const end = uops + count * UOP_BYTES;
  let at = uops;
  while (at < end) {
    const ip = <u32>changetype<UopRecord>(at).ip;
    let next = at + UOP_BYTES;
    while (next < end && <u32>changetype<UopRecord>(next).ip == ip) next += UOP_BYTES;
    const length = (next < end ? <u32>changetype<UopRecord>(next).ip : bytes) - ip;
    if (memory.compare(copy + ip, now + ip, length) != 0) {
      const isSingle = next - at == UOP_BYTES;
      if (!isSingle || !replaceConstant(changetype<UopRecord>(at), copy + ip, now + ip, length)) return false;
      patchedUop = at;
      patchedOffset = ip + length - CONSTANT_BYTES;
    }
    at = next;
  }
  return true;
}

/**
 * Puts the constant that ends an instruction into its only micro-op. That the last four bytes were the micro-op's immediate,
 * sign-extended, means that they are a constant of the encoding: of the instructions with these micro-ops none has an opcode
 * byte there, or a ModR/M byte beside a shorter constant, that would pass for a part of it. And none of them is decoded to
 * something else for the sake of its constant's value.
 */
function replaceConstant(uop: UopRecord, copy: u32, now: u32, length: u32): bool {
  if (length < SHORTEST || length > LONGEST || !hasConstant(uop)) return false;
  const rest = length - CONSTANT_BYTES;
  if (uop.imm != <i64>load<i32>(copy + rest) || memory.compare(copy, now, rest) != 0) return false;
  const constant = load<i32>(now + rest);
  store<i32>(copy + rest, constant);
  uop.imm = constant;
  return true;
}

/** The immediate may be 32 bits of the instruction, sign-extended. That of an address relative to RIP never is: it counts from the block. */
function hasConstant(uop: UopRecord): bool {
  const code = <u32>uop.code;
  if (code >= <u32>Uop.AddRR8 && code <= <u32>Uop.TestRI64) return ((code - Uop.AddRR8) & 7) >= 6;
  if (code >= <u32>Uop.AddQuietRR32 && code <= <u32>Uop.XorQuietRI64)
    return ((code - Uop.AddQuietRR32) & 3) >= 2;
  if (code == <u32>Uop.MovRI32) return true;
  const isAddress = code >= <u32>Uop.Lea32 && code <= <u32>Uop.LoadWrap64;
  return isAddress || (code >= <u32>Uop.Store8 && code <= <u32>Uop.StoreWrap64);
}

/** The bytes `at` to `end` of a block have changed. Puts them into its micro-op `uop` if they are part of its constant; else false. */
export function replaceAgain(uop: u32, offset: u32, copy: u32, start: u32, at: u32, end: u32): bool {
  const first = start + offset;
  if (at < first || end > first + CONSTANT_BYTES) return false;
  const constant = load<i32>(first);
  store<i32>(copy + offset, constant);
  changetype<UopRecord>(uop).imm = constant;
  return true;
}

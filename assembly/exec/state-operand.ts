/**
 * The memory operand of FXSAVE, XSAVE and their like: an aligned area of some hundred bytes, of which parts are read or
 * written through the image in extended-state.ts.
 *
 * Both ends are checked before anything is written, so a fault leaves no trace; which end faults first is as on Zen 4.
 */
import { image } from '../extended-state';
import { isAborted } from '../fault';
import { probeWrite, readLinear, writeLinear } from '../memory';
import { segmentLinear } from '../segment';
import { register } from '../state';
import { UopRecord } from '../uop-record';

/** In `param`, bits 2:0 are the segment, this bit the 64-bit format (REX.W). */
const WIDE: u32 = 8;
const WORD_BYTES: u32 = 8;

/** Of the running instruction. */
let base: u64 = 0;
let seg: u32 = 0;

/** Whether the pointers of the x87 state have 64 bits. */
export function isWideFormat(uop: UopRecord): bool {
  return ((<u32>(uop.imm >> 16)) & WIDE) != 0;
}

/** Finds the area of `bytes` bytes that a is the offset of. False: aborted. */
export function openArea(uop: UopRecord, bytes: u32, isWrite: bool): bool {
  seg = (<u32>(uop.imm >> 16)) & 7;
  base = segmentLinear(seg, register<u64>(uop.a), bytes, isWrite);
  return !isAborted();
}

/** Whether the area begins at a multiple of `alignment`, a power of two. */
export function isAreaAligned(alignment: u32): bool {
  return ((<u32>base) & (alignment - 1)) == 0;
}

/** Checks that the byte at `offset` can be read. False: aborted. */
export function probeAreaRead(offset: u32): bool {
  readLinear<u8>(base + offset, seg);
  return !isAborted();
}

/** Checks that the byte at `offset` can be written. False: aborted. */
export function probeAreaWrite(offset: u32): bool {
  probeWrite(base + offset, 1, seg);
  return !isAborted();
}

/** Image ← bytes `from` to `to` of the area, multiples of 8. False: aborted. */
export function readArea(from: u32, to: u32): bool {
  for (let at = from; at < to; at += WORD_BYTES) {
    const word = readLinear<u64>(base + at, seg);
    if (isAborted()) return false;
    store<u64>(image(at), word);
  }
  return true;
}

/** Area ← bytes `from` to `to` of the image, multiples of 8. Both ends have been probed: this cannot fault. */
export function writeArea(from: u32, to: u32): void {
  for (let at = from; at < to; at += WORD_BYTES) writeLinear<u64>(base + at, seg, load<u64>(image(at)));
}

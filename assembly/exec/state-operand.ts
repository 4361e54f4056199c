/**
 * The memory operand of FXSAVE, XSAVE and their like: an aligned area of some hundred bytes, of which parts are read or
 * written through the image in extended-state.ts.
 *
 * Alignment comes first, then accesses to both ends, before anything is written: a fault leaves no trace. Which end
 * faults first is as on Zen 4.
 */
import { Seg } from '../abi/register';
import { Vector } from '../abi/vector';
import { image } from '../extended-state';
import { isAborted, raiseGp, raiseWithCode } from '../fault';
import { isCanonical } from '../canonical';
import { probeWrite, readLinear, writeLinear } from '../memory';
import { segmentLinear } from '../segment';
import { base, is64Bit, register } from '../state';
import { UopRecord } from '../uop-record';

/** In `param`, bits 2:0 are the segment, this bit the 64-bit format (REX.W). */
const WIDE: u32 = 8;
const WORD_BYTES: u32 = 8;

/** Of the running instruction: the area's segment, its offset in it, its linear address. */
let seg: u32 = 0;
let start: u64 = 0;
let linear: u64 = 0;

/** Whether the pointers of the x87 state have 64 bits. */
export function isWideFormat(uop: UopRecord): bool {
  return ((<u32>(uop.imm >> 16)) & WIDE) != 0;
}

/** Finds the area that a is the offset of, without a check. */
export function openArea(uop: UopRecord): void {
  seg = (<u32>(uop.imm >> 16)) & 7;
  start = register<u64>(uop.a);
  // ES, CS, SS and DS keep a base that 64-bit mode does not use.
  const isBased = !is64Bit() || seg > 3;
  const address = isBased ? base(seg) + start : start;
  linear = is64Bit() ? address : address & 0xffffffff;
}

/** Whether the area begins at a multiple of `alignment`, a power of two. */
export function isAreaAligned(alignment: u32): bool {
  return ((<u32>linear) & (alignment - 1)) == 0;
}

/** Checks that the segment has the area up to the byte at `offset`, and that this can be read. False: aborted. */
export function probeAreaRead(offset: u32): bool {
  if (!checkAreaSegment(offset, false)) return false;
  readLinear<u8>(linear + offset, seg);
  return !isAborted();
}

/** As `probeAreaRead`, for a write. */
export function probeAreaWrite(offset: u32): bool {
  if (!checkAreaSegment(offset, true)) return false;
  probeWrite(linear + offset, 1, seg);
  return !isAborted();
}

/** Checks that the segment has the area up to the byte at `offset`, which must be canonical. False: aborted. */
export function checkAreaSegment(offset: u32, isWrite: bool): bool {
  segmentLinear(seg, start, offset + 1, isWrite);
  if (isAborted()) return false;
  if (isCanonical(linear + offset)) return true;
  if (seg == Seg.Ss) raiseWithCode(Vector.Ss, 0);
  else raiseGp();
  return false;
}

/** Image ← bytes `from` to `to` of the area, multiples of 8. False: aborted. */
export function readArea(from: u32, to: u32): bool {
  for (let at = from; at < to; at += WORD_BYTES) {
    const word = readLinear<u64>(linear + at, seg);
    if (isAborted()) return false;
    store<u64>(image(at), word);
  }
  return true;
}

/** Area ← bytes `from` to `to` of the image, multiples of 8. Both ends have been probed: this cannot fault. */
export function writeArea(from: u32, to: u32): void {
  for (let at = from; at < to; at += WORD_BYTES) writeLinear<u64>(linear + at, seg, load<u64>(image(at)));
}

/**
 * Frames on a stack that is not yet, or no longer, the current one.
 *
 * A `Stack` is a copy of SS and the stack pointer. Far transfers push to it and pop from it, and only when all went
 * well put its pointer back: an instruction that faults half way has moved nothing.
 */
import { SegAttr } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Vector } from './abi/vector';
import { Descriptor, raiseSelector } from './descriptor';
import { isAborted } from './fault';
import { isCanonical } from './canonical';
import { readLinear, writeLinear, writeSystem } from './memory';
import { isWithinLimit, limitAttributes } from './segment';
import { attributes, base, cpu, is64Bit, limit } from './state';
import { readTag, SUPERVISOR_BANK, tlbEntry, tlbHost, tlbTag, writeTag } from './tlb';

@unmanaged
export class Stack {
  pointer: u64;
  base: u64;
  limit: u32;
  attributes: u32;
  /** Bytes of a slot: 2, 4 or 8. */
  slot: u32;
  /** Flat, 64-bit pointer. */
  isLong: u32;
  /** Accesses are the running program's; else the processor's own, at supervisor privilege. */
  isOwn: u32;
  /** What #SS names if a push leaves the segment: zero, or the selector of a stack just loaded. */
  faultSelector: u32;
}

const CURRENT = memory.data(offsetof<Stack>(), 16);
const INNER = memory.data(offsetof<Stack>(), 16);
const FRAME = <u32>memory.data(3 * 8, 8);

/** The stack that SS and the stack pointer describe, for slots of 1 << `width` bytes. */
export function currentStack(width: u32): Stack {
  const stack = changetype<Stack>(CURRENT);
  stack.pointer = cpu().rsp;
  stack.base = base(Seg.Ss);
  stack.limit = limit(Seg.Ss);
  stack.attributes = limitAttributes(Seg.Ss) | (isStack32() ? SegAttr.Db : 0);
  stack.slot = 1 << width;
  stack.isLong = is64Bit() ? 1 : 0;
  stack.isOwn = 1;
  stack.faultSelector = 0;
  return stack;
}

/** A stack in a segment that is about to be loaded. */
export function segmentStack(d: Descriptor, pointer: u64, width: u32): Stack {
  const stack = innerStack(pointer, width);
  stack.base = d.base;
  stack.limit = d.limit;
  stack.attributes = d.attributes;
  stack.isLong = 0;
  stack.faultSelector = d.selector;
  return stack;
}

/** A flat 64-bit stack of a level below 3. */
export function longStack(pointer: u64): Stack {
  const stack = innerStack(pointer, 3);
  stack.isLong = 1;
  return stack;
}

/** Pushes one slot. */
export function pushSlot(stack: Stack, value: u64): void {
  if (isAborted() || pushHit(stack, value)) return;
  const pointer = (stack.pointer - stack.slot) & pointerMask(stack);
  const linear = slotLinear(stack, pointer);
  if (isAborted()) return;
  writeSlot(stack, linear, value);
  stack.pointer = pointer;
}

/** Pushes 8 bytes on a 64-bit stack if the TLB has the page: most of what events push, without a call. */
function pushHit(stack: Stack, value: u64): bool {
  if (stack.isLong == 0 || stack.slot != 8) return false;
  const pointer = stack.pointer - 8;
  const entry = tlbEntry(stack.isOwn != 0 ? cpu().tlbBank : SUPERVISOR_BANK, pointer);
  if (writeTag(entry) != tlbTag(pointer, 8)) return false;
  store<u64>(tlbHost(entry, pointer), value);
  stack.pointer = pointer;
  return true;
}

/** Pops one slot of the current stack, zero-extended. */
export function popSlot(stack: Stack): u64 {
  if (isAborted()) return 0;
  if (stack.isLong != 0 && stack.slot == 8) {
    const top = stack.pointer;
    const entry = tlbEntry(cpu().tlbBank, top);
    if (readTag(entry) == tlbTag(top, 8)) {
      stack.pointer = top + 8;
      return load<u64>(tlbHost(entry, top));
    }
  }
  const pointer = stack.pointer & pointerMask(stack);
  const linear = slotLinear(stack, pointer);
  if (isAborted()) return 0;
  stack.pointer = pointer + stack.slot;
  return readSlot(stack, linear);
}

/** The slot `index` above the top of the current stack, which stays where it is. */
export function slotAhead(stack: Stack, index: u32): u64 {
  const top = stack.pointer;
  stack.pointer += index * stack.slot;
  const value = popSlot(stack);
  stack.pointer = top;
  return value;
}

/** Pops the `count` slots of a return frame, three at most: `frameSlot` has them. Silicon reads the uppermost first. */
export function popFrame(stack: Stack, count: u32): void {
  for (let index = count; index > 0; index--) {
    store<u64>(FRAME + ((index - 1) << 3), slotAhead(stack, index - 1));
  }
  stack.pointer += count * stack.slot;
}

/** A slot of the frame that was popped last, counted from its lowest: IP, CS, flags. */
export function frameSlot(index: u32): u64 {
  return load<u64>(FRAME + (index << 3));
}

/** Linear address of the slot at the top: what identifies a frame. */
export function topOfStack(stack: Stack): u64 {
  const pointer = stack.pointer & pointerMask(stack);
  return stack.isLong ? pointer : (stack.base + pointer) & 0xffffffff;
}

/** Puts a stack pointer into rSP, as wide as SS (loaded before) says. */
export function loadStackPointer(pointer: u64, isLong: bool): void {
  const state = cpu();
  if (isLong) state.rsp = pointer;
  else if (isStack32()) state.rsp = pointer & 0xffffffff;
  else state.rsp = (state.rsp & ~(<u64>0xffff)) | (pointer & 0xffff);
}

function innerStack(pointer: u64, width: u32): Stack {
  const stack = changetype<Stack>(INNER);
  stack.pointer = pointer;
  stack.slot = 1 << width;
  stack.base = 0;
  stack.isOwn = 0;
  stack.faultSelector = 0;
  return stack;
}

/** SS.B, which real mode obeys too. */
function isStack32(): bool {
  return (attributes(Seg.Ss) & SegAttr.Db) != 0;
}

function pointerMask(stack: Stack): u64 {
  if (stack.isLong) return ~(<u64>0);
  return (stack.attributes & SegAttr.Db) != 0 ? 0xffffffff : 0xffff;
}

/** Linear address of the slot at `pointer`; #SS if it is outside of the segment or not canonical. */
function slotLinear(stack: Stack, pointer: u64): u64 {
  if (stack.isLong) {
    if (!isCanonical(pointer) || !isCanonical(pointer + stack.slot - 1)) raiseSelector(Vector.Ss, 0);
    return pointer;
  }
  if (!isWithinLimit(stack.attributes, stack.limit, <u32>pointer, stack.slot))
    raiseSelector(Vector.Ss, stack.faultSelector);
  return (stack.base + pointer) & 0xffffffff;
}

function writeSlot(stack: Stack, linear: u64, value: u64): void {
  if (stack.isOwn) {
    // A 64-bit stack has no limit, although compatibility code that is interrupted has an SS with one.
    const seg: u32 = stack.isLong ? Seg.Fs : Seg.Ss;
    if (stack.slot == 8) writeLinear<u64>(linear, seg, value);
    else if (stack.slot == 4) writeLinear<u32>(linear, seg, <u32>value);
    else writeLinear<u16>(linear, seg, <u16>value);
  } else {
    if (stack.slot == 8) writeSystem<u64>(linear, value);
    else if (stack.slot == 4) writeSystem<u32>(linear, <u32>value);
    else writeSystem<u16>(linear, <u16>value);
  }
}

function readSlot(stack: Stack, linear: u64): u64 {
  if (stack.slot == 8) return readLinear<u64>(linear, Seg.Ss);
  if (stack.slot == 4) return <u64>readLinear<u32>(linear, Seg.Ss);
  return <u64>readLinear<u16>(linear, Seg.Ss);
}

/**
 * Repeated string instructions a block at a time: many iterations as one operation on host memory.
 *
 * A block stays within one page of each operand and ends where the instruction would have to stop: at the deadline, or
 * where an address wraps, or before code that it would change. Whatever else is in the way (a breakpoint, a fault, the
 * end of a segment) makes the block empty, and one iteration runs the plain way.
 */
import { Access } from '../abi/access';
import { Mode } from '../abi/processor-bits';
import { Reg, Seg } from '../abi/register';
import { Pending } from '../abi/stop';
import { isAborted } from '../fault';
import { setSubFlags } from '../flags';
import { pageHost, writableBytes } from '../memory';
import { cpu } from '../state';
import { UopRecord } from '../uop-record';
import {
  addressSize,
  AddressSize,
  indexOf,
  isDownward,
  isRepeated,
  repeatsWhileZero,
  sourceSegment,
  stringLinear,
} from './string-state';

const PAGE_BYTES: u64 = 4096;

/** Moves elements from `source` to `target` as if one by one. How many; 0 if none could be. */
export function copyBlock<T extends number>(uop: UopRecord, source: u64, target: u64): u64 {
  let elements = min(roomFor<T>(uop, source, Reg.Rsi), roomFor<T>(uop, target, Reg.Rdi));
  if (elements < 2) return 0;
  const from = pageHost(source, Access.Read);
  // A source that faults leaves the target's page clean.
  if (from == 0) return 0;
  const to = pageHost(target, Access.Write);
  if (to == 0) return 0;
  elements = min(elements, <u64>(writableBytes(to) / sizeof<T>()));
  // Elements that the copy itself has written are read again, in order: stop short of the first.
  if (to > from) elements = min(elements, <u64>((to - from) / sizeof<T>()));
  if (elements < 2 || !areBothAccessible<T>(uop, elements, true)) return 0;
  memory.copy(to, from, <u32>elements * sizeof<T>());
  return elements;
}

/** Stores `value` from `target` on. How many times; 0 if it could not. */
export function fillBlock<T extends number>(uop: UopRecord, target: u64, value: T): u64 {
  let elements = roomFor<T>(uop, target, Reg.Rdi);
  if (elements < 2) return 0;
  const to = pageHost(target, Access.Write);
  if (to == 0) return 0;
  elements = min(elements, <u64>(writableBytes(to) / sizeof<T>()));
  if (elements < 2 || !isSpanAccessible<T>(uop, Seg.Es, Reg.Rdi, elements, true)) return 0;
  fill<T>(to, to + <u32>elements * sizeof<T>(), value);
  return elements;
}

/** `value` again and again from `at` to `end`. */
function fill<T extends number>(at: u32, end: u32, value: T): void {
  const byte = <u8>value;
  if (value == <T>(<u64>byte * 0x0101010101010101)) {
    memory.fill(at, byte, end - at);
    return;
  }
  const vector = v128.splat<T>(value);
  for (; at + 16 <= end; at += 16) v128.store(at, vector);
  for (; at < end; at += sizeof<T>()) store<T>(at, value);
}

/** Compares elements up to the pair that ends the repetition, and sets its flags. How many; 0 if none could be. */
export function compareBlock<T extends number>(uop: UopRecord, source: u64, target: u64): u64 {
  const elements = min(roomFor<T>(uop, source, Reg.Rsi), roomFor<T>(uop, target, Reg.Rdi));
  if (elements < 2) return 0;
  let left = pageHost(source, Access.Read);
  let right = pageHost(target, Access.Read);
  if (left == 0 || right == 0 || !areBothAccessible<T>(uop, elements, false)) return 0;
  const first = left;
  const last = left + <u32>(elements - 1) * sizeof<T>();
  const isEqual = repeatsWhileZero(uop);
  while (
    left + 16 <= last &&
    v128.bitmask<T>(v128.eq<T>(v128.load(left), v128.load(right))) == goingOn<T>(isEqual)
  ) {
    left += 16;
    right += 16;
  }
  while (left < last && (load<T>(left) == load<T>(right)) == isEqual) {
    left += sizeof<T>();
    right += sizeof<T>();
  }
  setComparisonFlags<T>(load<T>(left), load<T>(right));
  return <u64>((left - first) / sizeof<T>() + 1);
}

/** Compares `value` with elements up to the one that ends the repetition. How many; 0 if none could be. */
export function scanBlock<T extends number>(uop: UopRecord, target: u64, value: T): u64 {
  const elements = roomFor<T>(uop, target, Reg.Rdi);
  if (elements < 2) return 0;
  const first = pageHost(target, Access.Read);
  if (first == 0 || !isSpanAccessible<T>(uop, Seg.Es, Reg.Rdi, elements, false)) return 0;
  const last = first + <u32>(elements - 1) * sizeof<T>();
  const isEqual = repeatsWhileZero(uop);
  const pattern = v128.splat<T>(value);
  let at = first;
  while (at + 16 <= last && v128.bitmask<T>(v128.eq<T>(v128.load(at), pattern)) == goingOn<T>(isEqual))
    at += 16;
  while (at < last && (load<T>(at) == value) == isEqual) at += sizeof<T>();
  setComparisonFlags<T>(value, load<T>(at));
  return <u64>((at - first) / sizeof<T>() + 1);
}

/** A bit for each of the elements in 16 bytes that is equal, if the repetition goes on past all of them. */
function goingOn<T extends number>(isEqual: bool): i32 {
  return isEqual ? (1 << (16 / sizeof<T>())) - 1 : 0;
}

/** Flags of CMPS and SCAS. */
export function setComparisonFlags<T extends number>(left: T, right: T): void {
  setSubFlags<T>(left, right, <T>(left - right));
}

/**
 * Iterations that may run before the deadline, from `linear` to the end of its page and from the index register to
 * where that wraps; 0 if they must run one by one.
 */
function roomFor<T extends number>(uop: UopRecord, linear: u64, reg: u32): u64 {
  const state = cpu();
  if (!isRepeated(uop) || isDownward()) return 0;
  if (state.attention != 0 || state.clock >= state.deadline) return 0;
  const iterations = min(indexOf(uop, Reg.Rcx), state.deadline - state.clock);
  let bytes = PAGE_BYTES - (linear & (PAGE_BYTES - 1));
  const size = addressSize(uop);
  if (size == AddressSize.Word) bytes = min(bytes, 0x10000 - indexOf(uop, reg));
  if (size == AddressSize.Double) bytes = min(bytes, 0x100000000 - indexOf(uop, reg));
  return min(iterations, bytes / sizeof<T>());
}

function areBothAccessible<T extends number>(uop: UopRecord, elements: u64, isWrite: bool): bool {
  if (!isSpanAccessible<T>(uop, sourceSegment(uop), Reg.Rsi, elements, false)) return false;
  return isSpanAccessible<T>(uop, Seg.Es, Reg.Rdi, elements, isWrite);
}

/** Whether the last of the elements passes the checks that the first has passed: then all do. */
function isSpanAccessible<T extends number>(
  uop: UopRecord,
  seg: u32,
  reg: u32,
  elements: u64,
  isWrite: bool,
): bool {
  if ((cpu().mode & Mode.Flat) != 0 && seg < <u32>Seg.Fs) return true;
  stringLinear(seg, indexOf(uop, reg) + (elements - 1) * sizeof<T>(), sizeof<T>(), isWrite);
  const isAccessible = !isAborted();
  // The element that faults, if any does, is reached later and faults then.
  cpu().pending = Pending.None;
  return isAccessible;
}

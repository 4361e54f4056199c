/**
 * REP MOVS and REP STOS a block at a time: many iterations as one operation on host memory.
 *
 * A block stays within one page of each operand, both of which hit the TLB with the right to access them, and ends
 * where the instruction would have to stop: at the deadline, or where an address wraps. Whatever else is in the way
 * (a page with code, a breakpoint, the end of a segment) makes the block empty, and one iteration runs the plain way.
 */
import { Mode } from '../abi/processor-bits';
import { Reg, Seg } from '../abi/register';
import { Pending } from '../abi/stop';
import { isAborted } from '../fault';
import { cpu } from '../state';
import { CAREFUL_BANK, readTag, tlbEntry, tlbHost, tlbTag, writeTag } from '../tlb';
import { UopRecord } from '../uop-record';
import {
  addressSize,
  AddressSize,
  indexOf,
  isDownward,
  isRepeated,
  sourceSegment,
  stringLinear,
} from './string-state';

const PAGE_BYTES: u64 = 4096;

/** Moves elements from `source` to `target` as if one by one. How many; 0 if none could be. */
export function copyBlock<T extends number>(uop: UopRecord, source: u64, target: u64): u64 {
  let elements = roomInTime(uop);
  if (elements < 2) return 0;
  elements = min(elements, roomInPage<T>(uop, source, Reg.Rsi));
  elements = min(elements, roomInPage<T>(uop, target, Reg.Rdi));
  if (elements < 2) return 0;
  const from = tlbEntry(cpu().tlbBank, source);
  const to = tlbEntry(cpu().tlbBank, target);
  if (readTag(from) != tlbTag(source, 1) || writeTag(to) != tlbTag(target, 1)) return 0;
  const hostFrom = tlbHost(from, source);
  const hostTo = tlbHost(to, target);
  // Elements that the copy itself has written are read again, in order: stop short of the first.
  if (hostTo > hostFrom) elements = min(elements, <u64>((hostTo - hostFrom) / sizeof<T>()));
  if (elements < 2) return 0;
  if (!isSpanAccessible<T>(sourceSegment(uop), indexOf(uop, Reg.Rsi), elements, false)) return 0;
  if (!isSpanAccessible<T>(Seg.Es, indexOf(uop, Reg.Rdi), elements, true)) return 0;
  memory.copy(hostTo, hostFrom, <u32>elements * sizeof<T>());
  return elements;
}

/** Stores `value` from `target` on. How many times; 0 if it could not. */
export function fillBlock<T extends number>(uop: UopRecord, target: u64, value: T): u64 {
  let elements = roomInTime(uop);
  if (elements < 2) return 0;
  elements = min(elements, roomInPage<T>(uop, target, Reg.Rdi));
  if (elements < 2) return 0;
  const to = tlbEntry(cpu().tlbBank, target);
  if (writeTag(to) != tlbTag(target, 1)) return 0;
  if (!isSpanAccessible<T>(Seg.Es, indexOf(uop, Reg.Rdi), elements, true)) return 0;
  const host = tlbHost(to, target);
  const end = host + <u32>elements * sizeof<T>();
  if (sizeof<T>() == 1) memory.fill(host, <u8>value, end - host);
  else for (let at = host; at < end; at += sizeof<T>()) store<T>(at, value);
  return elements;
}

/** Iterations that may run before the deadline; 0 if they must run one by one. */
function roomInTime(uop: UopRecord): u64 {
  const state = cpu();
  if (!isRepeated(uop) || isDownward()) return 0;
  if (state.attention != 0 || state.tlbBank == CAREFUL_BANK || state.clock >= state.deadline) return 0;
  return min(indexOf(uop, Reg.Rcx), state.deadline - state.clock);
}

/** Whole elements from `linear` to the end of its page, and from the index register to where that wraps. */
function roomInPage<T extends number>(uop: UopRecord, linear: u64, reg: u32): u64 {
  const bytes = PAGE_BYTES - (linear & (PAGE_BYTES - 1));
  const size = addressSize(uop);
  if (size == AddressSize.Quad) return bytes / sizeof<T>();
  const end: u64 = size == AddressSize.Word ? 0x10000 : 0x100000000;
  return min(bytes, end - indexOf(uop, reg)) / sizeof<T>();
}

/** Whether the last of the elements passes the checks that the first has passed: then all do. */
function isSpanAccessible<T extends number>(seg: u32, offset: u64, elements: u64, isWrite: bool): bool {
  if ((cpu().mode & Mode.Flat) != 0 && seg < <u32>Seg.Fs) return true;
  stringLinear(seg, offset + (elements - 1) * sizeof<T>(), sizeof<T>(), isWrite);
  const isAccessible = !isAborted();
  // The element that faults, if any does, is reached later and faults then.
  cpu().pending = Pending.None;
  return isAccessible;
}

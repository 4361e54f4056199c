/**
 * String instructions (APM vol 1 §3.3.8, vol 3 "Repeat Prefixes").
 *
 * One call executes as many iterations as fit before the deadline: each is complete, with its registers, before the
 * next begins, so a fault, an exit or an interrupt finds the instruction between iterations. Every iteration but the
 * last advances the clock here; the run loop counts the last with the instruction.
 */
import { IoInfo } from '../abi/io-info';
import { Reg, Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { matchPortBreakpoints } from '../debug';
import { isAborted } from '../fault';
import { zeroFlag } from '../flags';
import { readLinear, writeLinear } from '../memory';
import { register, setRegister } from '../state';
import { UopRecord } from '../uop-record';
import { leave } from './completion';
import { addressInfo, mayUsePort } from './port';
import { compareBlock, copyBlock, fillBlock, scanBlock, setComparisonFlags } from './string-block';
import {
  addressSize,
  advanceIndex,
  countDown,
  hasTime,
  indexOf,
  isRepeated,
  isRunOut,
  repeatsWhileZero,
  sourceSegment,
  stringLinear,
} from './string-state';

export function movs(uop: UopRecord): Flow {
  if (uop.c == 0) return movsOf<u8>(uop);
  if (uop.c == 1) return movsOf<u16>(uop);
  if (uop.c == 2) return movsOf<u32>(uop);
  return movsOf<u64>(uop);
}

export function stos(uop: UopRecord): Flow {
  if (uop.c == 0) return stosOf<u8>(uop);
  if (uop.c == 1) return stosOf<u16>(uop);
  if (uop.c == 2) return stosOf<u32>(uop);
  return stosOf<u64>(uop);
}

export function lods(uop: UopRecord): Flow {
  if (uop.c == 0) return lodsOf<u8>(uop);
  if (uop.c == 1) return lodsOf<u16>(uop);
  if (uop.c == 2) return lodsOf<u32>(uop);
  return lodsOf<u64>(uop);
}

export function cmps(uop: UopRecord): Flow {
  if (uop.c == 0) return cmpsOf<u8>(uop);
  if (uop.c == 1) return cmpsOf<u16>(uop);
  if (uop.c == 2) return cmpsOf<u32>(uop);
  return cmpsOf<u64>(uop);
}

export function scas(uop: UopRecord): Flow {
  if (uop.c == 0) return scasOf<u8>(uop);
  if (uop.c == 1) return scasOf<u16>(uop);
  if (uop.c == 2) return scasOf<u32>(uop);
  return scasOf<u64>(uop);
}

export function ins(uop: UopRecord): Flow {
  if (uop.c == 0) return insOf<u8>(uop);
  if (uop.c == 1) return insOf<u16>(uop);
  return insOf<u32>(uop);
}

export function outs(uop: UopRecord): Flow {
  if (uop.c == 0) return outsOf<u8>(uop);
  if (uop.c == 1) return outsOf<u16>(uop);
  return outsOf<u32>(uop);
}

/** ES:[rDI] ← DS:[rSI] */
function movsOf<T extends number>(uop: UopRecord): Flow {
  if (isRunOut(uop)) return Flow.Next;
  do {
    const source = readableLinear<T>(uop, sourceSegment(uop), Reg.Rsi);
    if (isAborted()) return Flow.Abort;
    const target = stringLinear(Seg.Es, indexOf(uop, Reg.Rdi), sizeof<T>(), true);
    if (isAborted()) return Flow.Abort;
    let elements = copyBlock<T>(uop, source, target);
    if (elements == 0) {
      const value = readLinear<T>(source, sourceSegment(uop));
      if (isAborted()) return Flow.Abort;
      writeLinear<T>(target, Seg.Es, value);
      if (isAborted()) return Flow.Abort;
      elements = 1;
    }
    advanceIndex(uop, Reg.Rsi, elements);
    advanceIndex(uop, Reg.Rdi, elements);
    if (countDown(uop, elements) == 0) return finish(uop);
  } while (hasTime());
  return Flow.Repeat;
}

/** ES:[rDI] ← rAX */
function stosOf<T extends number>(uop: UopRecord): Flow {
  if (isRunOut(uop)) return Flow.Next;
  const value = register<T>(Reg.Rax);
  do {
    const target = stringLinear(Seg.Es, indexOf(uop, Reg.Rdi), sizeof<T>(), true);
    if (isAborted()) return Flow.Abort;
    let elements = fillBlock<T>(uop, target, value);
    if (elements == 0) {
      writeLinear<T>(target, Seg.Es, value);
      if (isAborted()) return Flow.Abort;
      elements = 1;
    }
    advanceIndex(uop, Reg.Rdi, elements);
    if (countDown(uop, elements) == 0) return finish(uop);
  } while (hasTime());
  return Flow.Repeat;
}

/** rAX ← DS:[rSI] */
function lodsOf<T extends number>(uop: UopRecord): Flow {
  if (isRunOut(uop)) return Flow.Next;
  do {
    const value = readString<T>(uop, sourceSegment(uop), Reg.Rsi);
    if (isAborted()) return Flow.Abort;
    setRegister<T>(Reg.Rax, value);
    advanceIndex(uop, Reg.Rsi, 1);
    if (countDown(uop, 1) == 0) return finish(uop);
  } while (hasTime());
  return Flow.Repeat;
}

/**
 * Flags of DS:[rSI] − ES:[rDI]. Which operand is read first shows when both fault: on Zen 4 the destination, except for
 * REPE CMPSB, which it has a fast path for.
 */
function cmpsOf<T extends number>(uop: UopRecord): Flow {
  if (isRunOut(uop)) return Flow.Next;
  const isSourceFirst = sizeof<T>() == 1 && isRepeated(uop) && repeatsWhileZero(uop);
  do {
    let source: u64 = 0;
    if (isSourceFirst) source = readableLinear<T>(uop, sourceSegment(uop), Reg.Rsi);
    if (isAborted()) return Flow.Abort;
    const target = readableLinear<T>(uop, Seg.Es, Reg.Rdi);
    if (isAborted()) return Flow.Abort;
    if (!isSourceFirst) source = readableLinear<T>(uop, sourceSegment(uop), Reg.Rsi);
    if (isAborted()) return Flow.Abort;
    let elements = compareBlock<T>(uop, source, target);
    if (elements == 0) {
      const right = readLinear<T>(target, Seg.Es);
      setComparisonFlags<T>(readLinear<T>(source, sourceSegment(uop)), right);
      elements = 1;
    }
    advanceIndex(uop, Reg.Rsi, elements);
    advanceIndex(uop, Reg.Rdi, elements);
    if (countDown(uop, elements) == 0 || zeroFlag() != repeatsWhileZero(uop)) return finish(uop);
  } while (hasTime());
  return Flow.Repeat;
}

/** Flags of rAX − ES:[rDI] */
function scasOf<T extends number>(uop: UopRecord): Flow {
  if (isRunOut(uop)) return Flow.Next;
  const value = register<T>(Reg.Rax);
  do {
    const target = stringLinear(Seg.Es, indexOf(uop, Reg.Rdi), sizeof<T>(), false);
    if (isAborted()) return Flow.Abort;
    let elements = scanBlock<T>(uop, target, value);
    if (elements == 0) {
      const element = readLinear<T>(target, Seg.Es);
      if (isAborted()) return Flow.Abort;
      setComparisonFlags<T>(value, element);
      elements = 1;
    }
    advanceIndex(uop, Reg.Rdi, elements);
    if (countDown(uop, elements) == 0 || zeroFlag() != repeatsWhileZero(uop)) return finish(uop);
  } while (hasTime());
  return Flow.Repeat;
}

/** ES:[rDI] ← port DX: all ones, as portIn. */
function insOf<T extends number>(uop: UopRecord): Flow {
  const port = <u32>register<u16>(Reg.Rdx);
  if (!mayUsePort(port, sizeof<T>(), IoInfo.In | stringInfo(uop))) return Flow.Abort;
  if (isRunOut(uop)) return Flow.Next;
  do {
    const target = stringLinear(Seg.Es, indexOf(uop, Reg.Rdi), sizeof<T>(), true);
    if (isAborted()) return Flow.Abort;
    writeLinear<T>(target, Seg.Es, <T>(<i64>-1));
    if (isAborted()) return Flow.Abort;
    matchPortBreakpoints(port, sizeof<T>());
    advanceIndex(uop, Reg.Rdi, 1);
    if (countDown(uop, 1) == 0) return finish(uop);
  } while (hasTime());
  return Flow.Repeat;
}

/** port DX ← DS:[rSI] */
function outsOf<T extends number>(uop: UopRecord): Flow {
  const port = <u32>register<u16>(Reg.Rdx);
  const segment = sourceSegment(uop) << IoInfo.SegmentShift;
  if (!mayUsePort(port, sizeof<T>(), segment | stringInfo(uop))) return Flow.Abort;
  if (isRunOut(uop)) return Flow.Next;
  do {
    readString<T>(uop, sourceSegment(uop), Reg.Rsi);
    if (isAborted()) return Flow.Abort;
    matchPortBreakpoints(port, sizeof<T>());
    advanceIndex(uop, Reg.Rsi, 1);
    if (countDown(uop, 1) == 0) return finish(uop);
  } while (hasTime());
  return Flow.Repeat;
}

/** A repeated instruction took more ticks than its block was started for: the run loop looks at the deadline again. */
function finish(uop: UopRecord): Flow {
  return isRepeated(uop) ? leave() : Flow.Next;
}

/** EXITINFO1 bits that tell a string instruction from IN and OUT. */
function stringInfo(uop: UopRecord): u32 {
  return IoInfo.String | (isRepeated(uop) ? IoInfo.Rep : 0) | addressInfo(addressSize(uop));
}

/**
 * Linear address of an operand that has been read, every fault of the read included: on silicon they come before the
 * other operand's segment is looked at.
 */
function readableLinear<T extends number>(uop: UopRecord, seg: u32, index: u32): u64 {
  const linear = stringLinear(seg, indexOf(uop, index), sizeof<T>(), false);
  if (!isAborted()) readLinear<T>(linear, seg);
  return linear;
}

function readString<T extends number>(uop: UopRecord, seg: u32, index: u32): T {
  const linear = stringLinear(seg, indexOf(uop, index), sizeof<T>(), false);
  if (isAborted()) return <T>0;
  return readLinear<T>(linear, seg);
}

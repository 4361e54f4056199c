/**
 * Accesses to single elements of vectors (APM vol 4, VMASKMOV, VPMASKMOV, VGATHER): only those that the mask
 * chooses can fault. `Reg.Address` is the offset of the operand.
 */
import { MaskedAccess } from '../abi/masked-access';
import { Rflags } from '../abi/processor-bits';
import { Reg } from '../abi/register';
import { Flow, Pending } from '../abi/stop';
import { VectorRegister } from '../abi/vector-register';
import { isAborted } from '../fault';
import { probeWrite, readLinear, writeLinear } from '../memory';
import { segmentLinear } from '../segment';
import { cpu, register } from '../state';
import { UopRecord } from '../uop-record';
import { clearUpperHalf, vectorAddress } from '../vector-file';

/** a ← elements of memory where those of b are negative, zero elsewhere. */
export function maskedLoad(uop: UopRecord): Flow {
  const param = paramOf(uop);
  const isLoaded =
    (param & MaskedAccess.Quadwords) != 0
      ? loadElements<i64>(vectorAddress(uop.b), param)
      : loadElements<i32>(vectorAddress(uop.b), param);
  if (!isLoaded) return Flow.Abort;
  const from = vectorAddress(VectorRegister.T0);
  const to = vectorAddress(uop.a);
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
  return Flow.Next;
}

/** Into T0. False: aborted. */
function loadElements<T extends number>(mask: u32, param: u32): bool {
  const to = vectorAddress(VectorRegister.T0);
  v128.store(to, i64x2.splat(0));
  clearUpperHalf(to);
  for (let at: u32 = 0; at < bytesOf(param); at += sizeof<T>()) {
    if (load<T>(mask + at) >= <T>0) continue;
    const linear = elementLinear(param, register<u64>(Reg.Address) + at, sizeof<T>(), false);
    if (isAborted()) return false;
    const element = readElement<T>(linear, param & MaskedAccess.Segment);
    if (isAborted()) return false;
    store<T>(to + at, element);
  }
  return true;
}

/** memory ← elements of a where those of b are negative; all of them, or none if one faults. */
export function maskedStore(uop: UopRecord): Flow {
  const param = paramOf(uop);
  const from = vectorAddress(uop.a);
  const mask = vectorAddress(uop.b);
  const isStored =
    (param & MaskedAccess.Quadwords) != 0
      ? storeElements<i64>(from, mask, param)
      : storeElements<i32>(from, mask, param);
  return isStored ? Flow.Next : Flow.Abort;
}

function storeElements<T extends number>(from: u32, mask: u32, param: u32): bool {
  return accessElements<T>(from, mask, param, false) && accessElements<T>(from, mask, param, true);
}

/** Writes the chosen elements, or checks that all can be written. */
function accessElements<T extends number>(from: u32, mask: u32, param: u32, isWrite: bool): bool {
  const seg = param & MaskedAccess.Segment;
  for (let at: u32 = 0; at < bytesOf(param); at += sizeof<T>()) {
    if (load<T>(mask + at) >= <T>0) continue;
    const linear = elementLinear(param, register<u64>(Reg.Address) + at, sizeof<T>(), true);
    if (isAborted()) return false;
    if (isWrite) writeElement<T>(linear, seg, load<T>(from + at));
    else probeElement(linear, sizeof<T>(), seg);
    if (isAborted()) return false;
  }
  return true;
}

/**
 * a ← elements at the offset plus those of b, scaled, where those of c are negative; the upper half of the immediate is
 * their number. Element by element from the lowest on: if one faults, those before it stay, and are cleared in c.
 */
export function gather(uop: UopRecord): Flow {
  return (paramOf(uop) & MaskedAccess.Quadwords) != 0 ? gatherElements<i64>(uop) : gatherElements<i32>(uop);
}

function gatherElements<T extends number>(uop: UopRecord): Flow {
  const to = vectorAddress(uop.a);
  const mask = vectorAddress(uop.c);
  const bytes = <u32>(uop.imm >> 32) * sizeof<T>();
  let isBegun = false;
  for (let at: u32 = 0; at < bytes; at += sizeof<T>()) {
    if (load<T>(mask + at) < <T>0) {
      const element = gathered<T>(uop, at / sizeof<T>());
      if (isAborted()) return isBegun ? interrupted() : Flow.Abort;
      store<T>(to + at, element);
      isBegun = true;
    }
    store<T>(mask + at, <T>0);
  }
  v128.store(mask, i64x2.splat(0));
  clearUpperHalf(mask);
  memory.fill(to + bytes, 0, 32 - bytes);
  return Flow.Next;
}

/** An element of memory, or aborts. */
function gathered<T extends number>(uop: UopRecord, number: u32): T {
  const param = paramOf(uop);
  const offset = register<u64>(Reg.Address) + indexOf(uop, number);
  const linear = elementLinear(param, offset, sizeof<T>(), false);
  return isAborted() ? <T>0 : readElement<T>(linear, param & MaskedAccess.Segment);
}

/** A fault after elements have been loaded: a single step comes before it, and the gather goes on after that. */
function interrupted(): Flow {
  const state = cpu();
  if ((state.systemFlags & Rflags.Tf) == 0) return Flow.Abort;
  state.pending = Pending.None;
  return Flow.Repeat;
}

/** Index `number` of a gather, sign-extended and scaled. */
function indexOf(uop: UopRecord, number: u32): u64 {
  const param = paramOf(uop);
  const indices = vectorAddress(uop.b);
  const isQuadword = (param & MaskedAccess.QuadwordIndices) != 0;
  const index = isQuadword ? load<i64>(indices + (number << 3)) : <i64>load<i32>(indices + (number << 2));
  return (<u64>index) << ((param >> MaskedAccess.ScaleShift) & 3);
}

// RFLAGS.AC does not ask for aligned elements: those that are not are accessed byte by byte.

function readElement<T extends number>(linear: u64, seg: u32): T {
  if (((<u32>linear) & (sizeof<T>() - 1)) == 0) return readLinear<T>(linear, seg);
  let value: u64 = 0;
  for (let i: u32 = 0; i < sizeof<T>(); i++) {
    const byte = <u64>readLinear<u8>(linear + i, seg);
    const position = <u64>(i << 3);
    value |= byte << position;
    if (isAborted()) return <T>0;
  }
  return <T>value;
}

function writeElement<T extends number>(linear: u64, seg: u32, value: T): void {
  if (((<u32>linear) & (sizeof<T>() - 1)) == 0) {
    writeLinear<T>(linear, seg, value);
    return;
  }
  const bits = <u64>value;
  for (let i: u32 = 0; i < sizeof<T>(); i++) {
    const position = <u64>(i << 3);
    writeLinear<u8>(linear + i, seg, <u8>(bits >> position));
    if (isAborted()) return;
  }
}

/** Aborts with the fault that writing the element would raise. */
function probeElement(linear: u64, bytes: u32, seg: u32): void {
  probeWrite(linear, 1, seg);
  if (isAborted() || ((<u32>linear) & 0xfff) + bytes <= 4096) return;
  probeWrite((linear | 0xfff) + 1, 1, seg);
}

function paramOf(uop: UopRecord): u32 {
  return <u32>((uop.imm >> 16) & 0xffff);
}

function bytesOf(param: u32): u32 {
  return (param & MaskedAccess.Wide) != 0 ? 32 : 16;
}

/** Linear address of an element. Its offset wraps at the address size; the element itself does not. */
function elementLinear(param: u32, offset: u64, bytes: u32, isWrite: bool): u64 {
  let truncated = offset;
  if ((param & MaskedAccess.Address16) != 0) truncated &= 0xffff;
  else if ((param & MaskedAccess.Address32) != 0) truncated &= 0xffffffff;
  return segmentLinear(param & MaskedAccess.Segment, truncated, bytes, isWrite);
}

/** Loads, stores and flat stacks: the fast path through the TLB, and the way to the slow one. */
import { Mxcsr } from '../abi/processor-bits';
import { Reg, Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { SEGMENT_ALIGNMENT_SHIFT, SEGMENT_MASK } from '../abi/uop';
import { VectorAlignment } from '../abi/vector-register';
import { setRunningUop } from '../code-cache';
import { isAborted, raiseGp } from '../fault';
import { readForWrite, readLinear, writeLinear } from '../memory';
import { segmentLinear } from '../segment';
import { base, cpu, register, setRegister } from '../state';
import { readTag, tlbEntry, tlbHost, tlbTag, writeTag } from '../tlb';
import { UopRecord } from '../uop-record';
import { branchTo, fallThrough, target } from './branch';

/** Linear address of a memory micro-op: its low two bits of n are the scale. */
export function effectiveAddress(uop: UopRecord): u64 {
  return register<u64>(uop.b) + (register<u64>(uop.c) << (uop.n & 3)) + <u64>uop.imm;
}

/** What LEA computes: n is the scale alone. */
export function leaAddress(uop: UopRecord): u64 {
  return register<u64>(uop.b) + (register<u64>(uop.c) << uop.n) + <u64>uop.imm;
}

// What a hit in the TLB takes, without a call: Binaryen inlines such functions into the interpreter's loop, and no others. A miss
// changes nothing, and the function of the whole micro-op follows.

/** a ← memory. False: a miss. */
export function loadHit<T extends number>(uop: UopRecord): bool {
  const linear = effectiveAddress(uop);
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (readTag(entry) != tlbTag(linear, sizeof<T>())) return false;
  setRegister<T>(uop.a, load<T>(tlbHost(entry, linear)));
  return true;
}

/** a ← memory that the instruction will write back. False: a miss. */
export function loadRmwHit<T extends number>(uop: UopRecord): bool {
  const linear = effectiveAddress(uop);
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (writeTag(entry) != tlbTag(linear, sizeof<T>())) return false;
  setRegister<T>(uop.a, load<T>(tlbHost(entry, linear)));
  return true;
}

/** memory ← a. False: a miss. */
export function storeHit<T extends number>(uop: UopRecord): bool {
  const linear = effectiveAddress(uop);
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (writeTag(entry) != tlbTag(linear, sizeof<T>())) return false;
  store<T>(tlbHost(entry, linear), register<T>(uop.a));
  return true;
}

/** PUSH of a in 64-bit mode. False: a miss. */
export function pushHit64(uop: UopRecord): bool {
  const top = cpu().rsp - 8;
  const entry = tlbEntry(cpu().tlbBank, top);
  if (writeTag(entry) != tlbTag(top, 8)) return false;
  store<u64>(tlbHost(entry, top), register<u64>(uop.a));
  cpu().rsp = top;
  return true;
}

/** POP to a in 64-bit mode. False: a miss. */
export function popHit64(uop: UopRecord): bool {
  const top = cpu().rsp;
  const entry = tlbEntry(cpu().tlbBank, top);
  if (readTag(entry) != tlbTag(top, 8)) return false;
  cpu().rsp = top + 8;
  setRegister<u64>(uop.a, load<u64>(tlbHost(entry, top)));
  return true;
}

/** PUSH of a on a flat 32-bit stack. False: a miss. */
export function pushHit32(uop: UopRecord): bool {
  const top = register<u32>(Reg.Rsp) - 4;
  const entry = tlbEntry(cpu().tlbBank, <u64>top);
  if (writeTag(entry) != tlbTag(<u64>top, 4)) return false;
  store<u32>(tlbHost(entry, <u64>top), register<u32>(uop.a));
  setRegister<u32>(Reg.Rsp, top);
  return true;
}

/** POP to a from a flat 32-bit stack. False: a miss. */
export function popHit32(uop: UopRecord): bool {
  const top = register<u32>(Reg.Rsp);
  const entry = tlbEntry(cpu().tlbBank, <u64>top);
  if (readTag(entry) != tlbTag(<u64>top, 4)) return false;
  setRegister<u32>(Reg.Rsp, top + 4);
  setRegister<u32>(uop.a, load<u32>(tlbHost(entry, <u64>top)));
  return true;
}

/** a ← memory. False: aborted. */
export function loadTo<T extends number>(uop: UopRecord, linear: u64): bool {
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (readTag(entry) == tlbTag(linear, sizeof<T>())) {
    setRegister<T>(uop.a, load<T>(tlbHost(entry, linear)));
    return true;
  }
  setRunningUop(changetype<u32>(uop));
  const value = readLinear<T>(linear, uop.n >> 4);
  if (isAborted()) return false;
  setRegister<T>(uop.a, value);
  return true;
}

/** a ← memory that the instruction will write back. False: aborted. */
export function loadRmwTo<T extends number>(uop: UopRecord, linear: u64): bool {
  setRunningUop(changetype<u32>(uop));
  const value = readForWrite<T>(linear, uop.n >> 4);
  if (isAborted()) return false;
  setRegister<T>(uop.a, value);
  return true;
}

/** memory ← a. False: aborted. */
export function storeFrom<T extends number>(uop: UopRecord, linear: u64): bool {
  return storeValue<T>(uop, linear, uop.n >> 4, register<T>(uop.a));
}

function storeValue<T extends number>(uop: UopRecord, linear: u64, seg: u32, value: T): bool {
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (writeTag(entry) == tlbTag(linear, sizeof<T>())) {
    store<T>(tlbHost(entry, linear), value);
    return true;
  }
  setRunningUop(changetype<u32>(uop));
  writeLinear<T>(linear, seg, value);
  return !isAborted();
}

/**
 * a ← linear address of offset b in segment n, checked. False: aborted. On Zen 4 the alignment of a vector comes before the
 * limit of the stack segment, whose violation would raise #SS.
 */
export function segmentAddress(uop: UopRecord, isWrite: bool): bool {
  setRunningUop(changetype<u32>(uop));
  const offset = register<u64>(uop.b);
  const bytes = <u32>uop.imm;
  const seg: u32 = uop.n & SEGMENT_MASK;
  const alignment = (<u32>uop.n) >> SEGMENT_ALIGNMENT_SHIFT;
  const isMisaligned = alignment != 0 && ((<u32>(base(seg) + offset)) & (max<u32>(bytes, 16) - 1)) != 0;
  if (isMisaligned && !allowsMisaligned(alignment)) return false;
  const linear = segmentLinear(seg, offset, bytes, isWrite);
  if (isAborted()) return false;
  setRegister<u64>(uop.a, linear);
  return true;
}

/** Whether a vector may be where it is, which is not aligned. False: aborted with #GP(0). */
export function allowsMisaligned(alignment: u32): bool {
  const demand = alignment & (VectorAlignment.Always | VectorAlignment.UnlessMisalignedMode);
  if (demand == VectorAlignment.None) return true;
  if (demand == VectorAlignment.UnlessMisalignedMode && (cpu().mxcsr & Mxcsr.Mm) != 0) return true;
  raiseGp();
  return false;
}

/** Pushes through ESP on a flat stack. */
export function push32(uop: UopRecord, value: u32): bool {
  const top = register<u32>(Reg.Rsp) - 4;
  if (!storeValue<u32>(uop, <u64>top, Seg.Ss, value)) return false;
  setRegister<u32>(Reg.Rsp, top);
  return true;
}

/** Pushes through RSP in 64-bit mode. */
export function push64(uop: UopRecord, value: u64): bool {
  const top = cpu().rsp - 8;
  if (!storeValue<u64>(uop, top, Seg.Ss, value)) return false;
  cpu().rsp = top;
  return true;
}

/** Pops through ESP on a flat stack. */
export function pop32(uop: UopRecord): bool {
  const top = register<u32>(Reg.Rsp);
  setRunningUop(changetype<u32>(uop));
  const value = readLinear<u32>(<u64>top, Seg.Ss);
  if (isAborted()) return false;
  setRegister<u32>(Reg.Rsp, top + 4);
  setRegister<u32>(uop.a, value);
  return true;
}

/** Pops through RSP in 64-bit mode. */
export function pop64(uop: UopRecord): bool {
  const top = cpu().rsp;
  setRunningUop(changetype<u32>(uop));
  const value = readLinear<u64>(top, Seg.Ss);
  if (isAborted()) return false;
  cpu().rsp = top + 8;
  setRegister<u64>(uop.a, value);
  return true;
}

/** CALL rel on a flat 32-bit stack. */
export function call32(uop: UopRecord): Flow {
  const link = <u32>fallThrough(uop);
  if (branchTo(target(uop), 2) == Flow.Abort) return Flow.Abort;
  return push32(uop, link) ? Flow.Leave : Flow.Abort;
}

/** CALL rel in 64-bit mode: the target is checked before the return address is pushed. */
export function call64(uop: UopRecord): Flow {
  const link = fallThrough(uop);
  if (branchTo(target(uop), 3) == Flow.Abort) return Flow.Abort;
  return push64(uop, link) ? Flow.Leave : Flow.Abort;
}

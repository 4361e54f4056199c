/** Software interrupts, BOUND and IRET (APM vol 2 §8.5.4, §15.12, §15.14; vol 3 INT, INTO, BOUND). */
import { ExitCode } from '../abi/exit-code';
import { Cr4, Rflags } from '../abi/processor-bits';
import { Reg, Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { EventType, Vector } from '../abi/vector';
import { exitInstruction, isAborted, isIntercepted, raise, raiseExit, raiseGp } from '../fault';
import { overflowFlag, rflags } from '../flags';
import { deliverReturningTo, deliverToVirtual8086 } from '../interrupt';
import { executeIret } from '../iret';
import { readSystem } from '../memory';
import { completeDelivery, eventInfoOf } from '../settle';
import { base, cpu, isV86, limit, register } from '../state';
import { flowAfterFault } from '../task';
import { UopRecord } from '../uop-record';

/** Where a 32-bit TSS has the offset of its I/O map; the redirection map is the 32 bytes before (§8.10). */
const TSS_IO_MAP: u32 = 0x66;
const REDIRECTION_BYTES: u32 = 32;

/** INT n. Its intercept beats the IOPL check of virtual-8086 mode (Table 15-7). */
export function intN(uop: UopRecord): Flow {
  const vector = ((<u32>uop.imm) >> 16) & 0xff;
  if (isIntercepted(ExitCode.SoftwareInterrupt))
    return raiseExit(ExitCode.SoftwareInterrupt, <u64>vector, 0, cpu().nextRip);
  if (!isV86()) return deliver(vector, EventType.SoftwareInterrupt, true);
  return intInVirtual8086(vector);
}

export function int3(uop: UopRecord): Flow {
  if (isIntercepted(ExitCode.Exception0 + Vector.Bp)) return exitInstruction(ExitCode.Exception0 + Vector.Bp);
  return deliver(Vector.Bp, EventType.Exception, true);
}

export function into(uop: UopRecord): Flow {
  if (!overflowFlag()) return Flow.Next;
  if (isIntercepted(ExitCode.Exception0 + Vector.Of)) return exitInstruction(ExitCode.Exception0 + Vector.Of);
  return deliver(Vector.Of, EventType.Exception, true);
}

/** INT1, ICEBP: a #DB of its own, with its own intercept, and no check of the gate's DPL. */
export function int1(uop: UopRecord): Flow {
  if (isIntercepted(ExitCode.Icebp)) return exitInstruction(ExitCode.Icebp);
  return deliver(Vector.Db, EventType.Exception, false);
}

export function iret(uop: UopRecord): Flow {
  return executeIret(uop.c);
}

/** Signed index in register a against the bounds in T0 and T1; 16 or 32 bits. */
export function bound(uop: UopRecord): Flow {
  const isInside = uop.c == 1 ? isBetween<i16>(uop.a) : isBetween<i32>(uop.a);
  if (isInside) return Flow.Next;
  if (isIntercepted(ExitCode.Exception0 + Vector.Br)) return exitInstruction(ExitCode.Exception0 + Vector.Br);
  return raise(Vector.Br);
}

function isBetween<T extends number>(index: u32): bool {
  const value = register<T>(index);
  return value >= register<T>(Reg.T0) && value <= register<T>(Reg.T1);
}

/**
 * Delivers at once; the handler returns to the next instruction. If the delivery fails `eventInfo` stays for
 * EXITINTINFO and the double-fault rules, and RIP is still this instruction.
 */
function deliver(vector: u32, type: EventType, isSoftware: bool): Flow {
  const state = cpu();
  const rip = state.rip;
  state.eventInfo = eventInfoOf(vector, type, false, 0);
  const flow = deliverReturningTo(state.nextRip, vector, type, false, 0, isSoftware);
  if (flow == Flow.Abort) return flowAfterFault(rip);
  completeDelivery(state);
  return flow;
}

/** With VME a bitmap in the TSS sends interrupts to the program's own handlers (APM vol 2 §8.10, Table 8-11). */
function intInVirtual8086(vector: u32): Flow {
  const state = cpu();
  const isPrivileged = (state.systemFlags & Rflags.Iopl) == Rflags.Iopl;
  const isRedirected = (state.cr4 & Cr4.Vme) != 0 && isRedirectedToProgram(vector);
  if (isAborted()) return Flow.Abort;
  if (isRedirected) return deliverToProgram(vector, virtualFlags(isPrivileged));
  return isPrivileged ? deliver(vector, EventType.SoftwareInterrupt, true) : raiseGp();
}

function deliverToProgram(vector: u32, image: u64): Flow {
  const flow = deliverToVirtual8086(cpu().nextRip, vector, image);
  if (flow != Flow.Abort) completeDelivery(cpu());
  return flow;
}

/** A clear bit in the redirection map: the program handles this vector itself. */
function isRedirectedToProgram(vector: u32): bool {
  const tss = base(Seg.Tr);
  if (limit(Seg.Tr) < TSS_IO_MAP + 1) {
    raiseGp();
    return false;
  }
  const ioMap = <u32>readSystem<u16>(tss + TSS_IO_MAP);
  if (isAborted()) return false;
  const offset = ioMap - REDIRECTION_BYTES + (vector >> 3);
  if (ioMap < REDIRECTION_BYTES || offset > limit(Seg.Tr)) {
    raiseGp();
    return false;
  }
  const byte = <u32>readSystem<u8>(tss + offset);
  return ((byte >> (vector & 7)) & 1) == 0;
}

/** FLAGS as a program under VME sees them: below IOPL 3, IOPL reads as 3 and IF as VIF. */
function virtualFlags(isPrivileged: bool): u64 {
  const flags = rflags();
  if (isPrivileged) return flags;
  const virtual = (flags & ~(<u64>Rflags.If)) | Rflags.Iopl;
  return (flags & Rflags.Vif) != 0 ? virtual | Rflags.If : virtual;
}

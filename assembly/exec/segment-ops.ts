/** Segment registers, LDTR and TR (APM vol 2 §4.6, §6.2; vol 3 MOV, POP, LLDT, LTR, SLDT, STR). Queries: descriptor-query.ts. */
import { ExitCode } from '../abi/exit-code';
import { Cr4 } from '../abi/processor-bits';
import { Reg, Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { Vector } from '../abi/vector';
import {
  dataDescriptor,
  Descriptor,
  isNullSelector,
  isPresent,
  raiseSelector,
  readDescriptor,
  readUpperHalf,
  setBusy,
  stackDescriptor,
  systemDescriptor,
  SystemType,
  systemType,
} from '../descriptor';
import { exitInstruction, isAborted, isIntercepted, raiseGp, raiseUd } from '../fault';
import { openStackShadow } from '../interrupt-shadow';
import { isCanonical } from '../canonical';
import { updateMode } from '../mode';
import { isRealOrV86 } from '../segment';
import {
  checkData,
  checkStackOrNull,
  loadNull,
  loadRealSegment,
  loadSegment,
  loadStackOrNull,
} from '../segment-load';
import { currentStack, loadStackPointer, popSlot } from '../stack-frame';
import { cpu, is64Bit, isLongMode, register, selector, setRegister } from '../state';
import { UopRecord } from '../uop-record';
import { readWordOperand } from './word-operand';

/** MOV Sreg. */
export function movToSegment(uop: UopRecord): Flow {
  const oldMode = cpu().mode;
  if (!loadFromInstruction(uop.a, register<u16>(uop.b))) return Flow.Abort;
  return finishLoad(uop.a, oldMode);
}

/**
 * LDS, LES, LSS, LFS, LGS with both halves of the pointer loaded: the register changes only if the selector is good.
 * LSS opens no shadow: with it, SS and rSP change together.
 */
export function loadFarPointer(uop: UopRecord): Flow {
  const oldMode = cpu().mode;
  const seg = (<u32>(uop.imm >> 16)) & 7;
  if (!loadFromInstruction(seg, register<u16>(uop.b))) return Flow.Abort;
  if (uop.c == 1) setRegister<u16>(uop.a, register<u16>(Reg.T0));
  else if (uop.c == 2) setRegister<u32>(uop.a, register<u32>(Reg.T0));
  else setRegister<u64>(uop.a, register<u64>(Reg.T0));
  return leaveIfChanged(seg, oldMode);
}

export function movFromSegment(uop: UopRecord): Flow {
  setRegister<u64>(uop.a, <u64>selector(uop.b));
  return Flow.Next;
}

/** POP Sreg: the pointer moves only if the selector is good. */
export function popSegment(uop: UopRecord): Flow {
  const oldMode = cpu().mode;
  const stack = currentStack(uop.c);
  const popped = (<u32>popSlot(stack)) & 0xffff;
  if (isAborted()) return Flow.Abort;
  if (uop.a != <u8>Seg.Ss) {
    if (!loadFromInstruction(uop.a, popped)) return Flow.Abort;
    loadStackPointer(stack.pointer, stack.isLong != 0);
    return finishLoad(uop.a, oldMode);
  }
  // The pointer moves as wide as the old SS says.
  const oldPointer = cpu().rsp;
  loadStackPointer(stack.pointer, stack.isLong != 0);
  if (!loadFromInstruction(Seg.Ss, popped)) {
    cpu().rsp = oldPointer;
    return Flow.Abort;
  }
  return finishLoad(Seg.Ss, oldMode);
}

/** Checks and loads ES, SS, DS, FS or GS in any mode. */
function loadFromInstruction(seg: u32, value: u32): bool {
  if (isRealOrV86()) {
    loadRealSegment(seg, value);
    return true;
  }
  if (seg == <u32>Seg.Ss) {
    const privilege = cpu().cpl;
    if (!checkStackOrNull(stackDescriptor(), value, privilege, is64Bit())) return false;
    loadStackOrNull(stackDescriptor(), value, privilege);
    return true;
  }
  if (isNullSelector(value)) {
    loadNull(seg, value);
    return true;
  }
  const d = dataDescriptor();
  if (!checkData(d, value, Vector.Gp)) return false;
  loadSegment(seg, d);
  return true;
}

/** Loading SS opens a shadow that also holds back debug traps (APM vol 3 MOV; vol 2 §15.21.5). */
function finishLoad(seg: u32, oldMode: u32): Flow {
  if (seg == <u32>Seg.Ss) openStackShadow();
  return leaveIfChanged(seg, oldMode);
}

function leaveIfChanged(seg: u32, oldMode: u32): Flow {
  const state = cpu();
  updateMode();
  if (seg != <u32>Seg.Ss && state.mode == oldMode) return Flow.Next;
  state.rip = state.nextRip;
  return Flow.Leave;
}

/** LLDT: its intercept comes after #UD and #GP(0), before the descriptor is read (Table 15-7). */
export function lldt(uop: UopRecord): Flow {
  if (isRealOrV86()) return raiseUd();
  if (cpu().cpl != 0) return raiseGp();
  if (isIntercepted(ExitCode.LdtrWrite)) return exitInstruction(ExitCode.LdtrWrite);
  const value = readWordOperand(uop);
  if (isAborted()) return Flow.Abort;
  if (isNullSelector(value)) {
    loadNull(Seg.Ldtr, value);
    return Flow.Next;
  }
  const d = systemDescriptor();
  if (!readSystemSegment(d, value)) return Flow.Abort;
  if (systemType(d) != SystemType.Ldt) return raiseSelector(Vector.Gp, value);
  if (!completeSystemSegment(d, value)) return Flow.Abort;
  loadSegment(Seg.Ldtr, d);
  return Flow.Next;
}

/** LTR: the TSS becomes busy, in memory and in TR. */
export function ltr(uop: UopRecord): Flow {
  if (isRealOrV86()) return raiseUd();
  if (cpu().cpl != 0) return raiseGp();
  if (isIntercepted(ExitCode.TrWrite)) return exitInstruction(ExitCode.TrWrite);
  const value = readWordOperand(uop);
  if (isAborted()) return Flow.Abort;
  if (isNullSelector(value)) return raiseGp();
  const d = systemDescriptor();
  if (!readSystemSegment(d, value)) return Flow.Abort;
  const type = systemType(d);
  const isAvailable =
    type == SystemType.AvailableTss32 || (type == SystemType.AvailableTss16 && !isLongMode());
  if (!isAvailable) return raiseSelector(Vector.Gp, value);
  if (!completeSystemSegment(d, value)) return Flow.Abort;
  setBusy(d.address, true);
  if (isAborted()) return Flow.Abort;
  d.attributes |= SystemType.Busy;
  loadSegment(Seg.Tr, d);
  return Flow.Next;
}

export function sldt(uop: UopRecord): Flow {
  return storeSystemSelector(uop, Seg.Ldtr, ExitCode.LdtrRead);
}

export function str(uop: UopRecord): Flow {
  return storeSystemSelector(uop, Seg.Tr, ExitCode.TrRead);
}

/** UMIP keeps programs from looking (APM vol 2 §3.1.3). */
function storeSystemSelector(uop: UopRecord, seg: Seg, exit: ExitCode): Flow {
  if (isRealOrV86()) return raiseUd();
  if (cpu().cpl != 0 && (cpu().cr4 & Cr4.Umip) != 0) return raiseGp();
  if (isIntercepted(exit)) return exitInstruction(exit);
  setRegister<u64>(uop.a, <u64>selector(seg));
  return Flow.Next;
}

/** LDTs and TSSs are described in the GDT only. */
function readSystemSegment(d: Descriptor, value: u32): bool {
  if ((value & 4) == 0) return readDescriptor(d, value, Vector.Gp);
  raiseSelector(Vector.Gp, value);
  return false;
}

/** Present, and in long mode with an upper half that gives a canonical base. */
function completeSystemSegment(d: Descriptor, value: u32): bool {
  if (!isPresent(d)) {
    raiseSelector(Vector.Np, value);
    return false;
  }
  if (!readUpperHalf(d, Vector.Gp)) return false;
  if (isCanonical(d.base)) return true;
  raiseSelector(Vector.Gp, value);
  return false;
}

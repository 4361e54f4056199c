/** Far jumps, calls and returns (APM vol 2 §4.11, §12.3.1; vol 3 JMP, CALL, RET). */
import { SegAttr } from '../abi/processor-bits';
import { Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { Vector } from '../abi/vector';
import { enterThroughCallGate } from '../call-gate';
import {
  codeDescriptor,
  Descriptor,
  descriptorDpl,
  gateDescriptor,
  gateSelector,
  isCodeSegment,
  isConforming,
  isNullSelector,
  isPresent,
  raiseSelector,
  readDescriptor,
  stackDescriptor,
  SystemType,
  systemType,
} from '../descriptor';
import { isAborted, raiseGp } from '../fault';
import { rflags } from '../flags';
import { updateMode } from '../mode';
import { isRealOrV86 } from '../segment';
import {
  checkPresentCode,
  checkReturnCode,
  checkStackOrNull,
  dropInaccessibleSegments,
  checkCodeTarget,
  isLongCode,
  loadCode,
  loadRealSegment,
  loadStackOrNull,
} from '../segment-load';
import {
  currentStack,
  frameSlot,
  loadStackPointer,
  popFrame,
  pushSlot,
  slotAhead,
  Stack,
} from '../stack-frame';
import { cpu, isLongMode, limit, register, selector } from '../state';
import { checkSystemPrivilege, flowAfterFault, switchTask, TaskSwitch } from '../task';
import { UopRecord } from '../uop-record';

export function jmpFar(uop: UopRecord): Flow {
  return transfer(register<u16>(uop.b), farOffset(uop), uop.c, false);
}

export function callFar(uop: UopRecord): Flow {
  return transfer(register<u16>(uop.b), farOffset(uop), uop.c, true);
}

/** RETF and RETF n. */
export function retFar(uop: UopRecord): Flow {
  const release = <u64>(((<u32>uop.imm) >> 16) & 0xffff);
  const rip = cpu().rip;
  const stack = currentStack(uop.c);
  popFrame(stack, 2);
  if (isAborted()) return Flow.Abort;
  const target = frameSlot(0);
  const code = (<u32>frameSlot(1)) & 0xffff;
  if (isRealOrV86()) returnReal(stack, code, target, release);
  else returnProtected(stack, code, target, release);
  return finish(rip);
}

/** The offset operand, as wide as the operand size. */
function farOffset(uop: UopRecord): u64 {
  if (uop.c == 1) return <u64>register<u16>(uop.a);
  return uop.c == 2 ? <u64>register<u32>(uop.a) : register<u64>(uop.a);
}

function transfer(target: u32, offset: u64, width: u32, isCall: bool): Flow {
  const rip = cpu().rip;
  if (isRealOrV86()) transferReal(target, offset, width, isCall);
  else transferProtected(target, offset, width, isCall);
  return finish(rip);
}

/** CS or the task changed: the block is over. */
function finish(ripBefore: u64): Flow {
  if (isAborted()) return flowAfterFault(ripBefore);
  updateMode();
  return Flow.Leave;
}

function transferReal(target: u32, offset: u64, width: u32, isCall: bool): void {
  const stack = currentStack(width);
  if (isCall && !storeReturn(stack)) return;
  if (offset > <u64>limit(Seg.Cs)) {
    raiseGp();
    return;
  }
  if (isCall) loadStackPointer(stack.pointer, false);
  loadRealSegment(Seg.Cs, target);
  cpu().rip = offset;
}

/** Stores CS and the next RIP below the current stack, whose pointer stays. */
function storeReturn(stack: Stack): bool {
  pushSlot(stack, selector(Seg.Cs));
  pushSlot(stack, cpu().nextRip);
  return !isAborted();
}

function transferProtected(target: u32, offset: u64, width: u32, isCall: bool): void {
  const d = codeDescriptor();
  if (isNullSelector(target)) {
    raiseGp();
    return;
  }
  if (!readDescriptor(d, target, Vector.Gp)) return;
  if ((d.attributes & SegAttr.S) == 0) transferToSystem(target, isCall);
  else transferToCode(d, target, offset, width, isCall);
}

/** Directly to a code segment: the privilege level stays. The return address is stored before the target is checked. */
function transferToCode(d: Descriptor, target: u32, offset: u64, width: u32, isCall: bool): void {
  const cpl = cpu().cpl;
  const dpl = descriptorDpl(d);
  const isRightLevel = isConforming(d) ? dpl <= cpl : dpl == cpl && (target & 3) <= cpl;
  if (!isCodeSegment(d) || !isRightLevel) {
    raiseSelector(Vector.Gp, target);
    return;
  }
  if (!checkPresentCode(d, target)) return;
  const stack = currentStack(width);
  if (isCall && !storeReturn(stack)) return;
  if (!checkCodeTarget(d, offset)) return;
  if (isCall) loadStackPointer(stack.pointer, stack.isLong != 0);
  loadCode(d, cpl);
  cpu().rip = offset;
}

/** Through a call gate, a task gate or a TSS; the offset operand means nothing. */
function transferToSystem(target: u32, isCall: bool): void {
  const d = gateDescriptor();
  if (!readDescriptor(d, target, Vector.Gp)) return;
  const type = systemType(d);
  const isCallGate = type == SystemType.CallGate32 || (type == SystemType.CallGate16 && !isLongMode());
  const isTask =
    !isLongMode() &&
    (type == SystemType.TaskGate || type == SystemType.AvailableTss16 || type == SystemType.AvailableTss32);
  if ((!isCallGate && !isTask) || !checkSystemPrivilege(d, target)) {
    if (!isAborted()) raiseSelector(Vector.Gp, target);
    return;
  }
  if (isCallGate || type == SystemType.TaskGate) {
    if (!isPresent(d)) {
      raiseSelector(Vector.Np, target);
      return;
    }
  }
  if (isCallGate) {
    enterThroughCallGate(d, isCall);
    return;
  }
  const tss = type == SystemType.TaskGate ? gateSelector(d) : target;
  switchTask(isCall ? TaskSwitch.Call : TaskSwitch.Jump, tss, cpu().nextRip, rflags(), false, 0);
}

function returnReal(stack: Stack, code: u32, target: u64, release: u64): void {
  if (target > <u64>limit(Seg.Cs)) {
    raiseGp();
    return;
  }
  loadStackPointer(stack.pointer + release, false);
  loadRealSegment(Seg.Cs, code);
  cpu().rip = target;
}

function returnProtected(stack: Stack, selector: u32, target: u64, release: u64): void {
  stack.pointer += release;
  const isSameLevel = (selector & 3) == cpu().cpl;
  // Silicon reads the stack of another level before it looks at the code segment, SS before rSP.
  const outerSelector = isSameLevel ? 0 : slotAhead(stack, 1);
  const outerPointer = isSameLevel ? 0 : slotAhead(stack, 0);
  if (isAborted()) return;
  const code = codeDescriptor();
  if (!checkReturnCode(code, selector)) return;
  if (!isSameLevel) {
    returnOutward(outerPointer, (<u32>outerSelector) & 0xffff, target, release);
    return;
  }
  if (!checkCodeTarget(code, target)) return;
  loadStackPointer(stack.pointer, stack.isLong != 0);
  loadCode(code, selector & 3);
  cpu().rip = target;
}

/** To an outer level: its stack comes from this one, and the parameters are released on both (APM vol 2 §4.11.3). */
function returnOutward(pointer: u64, selector: u32, target: u64, release: u64): void {
  const code = codeDescriptor();
  const privilege = code.selector & 3;
  const isLong = isLongCode(code);
  if (!checkStackOrNull(stackDescriptor(), selector, privilege, isLong)) return;
  if (!checkCodeTarget(code, target)) return;
  loadCode(code, privilege);
  loadStackOrNull(stackDescriptor(), selector, privilege);
  loadStackPointer(pointer + release, isLong);
  cpu().rip = target;
  dropInaccessibleSegments();
}

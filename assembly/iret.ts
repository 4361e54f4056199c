/**
 * IRET in every mode (APM vol 3 IRET; vol 2 §8.7.3, §8.9.6, §12.3), and what its completion does to NMIs.
 */
import { ExitCode } from './abi/exit-code';
import { Cr0, Cr4, Mode, Rflags } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Flow, Pending } from './abi/stop';
import { Watch } from './abi/watch';
import { codeDescriptor, stackDescriptor, systemLinear } from './descriptor';
import { exitInstruction, isAborted, isIntercepted, raiseGp } from './fault';
import { rflags, setRflags } from './flags';
import { readSystem } from './memory';
import { updateMode } from './mode';
import { closeNmiFrame, TASK_FRAME } from './nmi-frames';
import { PLAIN, popFlags, poppableFlags, WIDE } from './pop-flags';
import { NO_FRAME, returnInLevel } from './same-level';
import {
  checkReturnCode,
  checkStackOrNull,
  dropInaccessibleSegments,
  checkCodeTarget,
  isLongCode,
  loadCode,
  loadRealSegment,
  loadStackOrNull,
} from './segment-load';
import {
  currentStack,
  frameSlot,
  loadStackPointer,
  popFrame,
  popSlot,
  slotAhead,
  Stack,
  topOfStack,
} from './stack-frame';
import { base, cpu, is64Bit, isLongMode, isV86, limit } from './state';
import { flowAfterFault, switchTask, TaskSwitch } from './task';

/** IRET, IRETD, IRETQ: slots of 1 << `width` bytes. The intercept beats everything (Table 15-7). */
export function executeIret(width: u32): Flow {
  if (isIntercepted(ExitCode.Iret)) return exitInstruction(ExitCode.Iret);
  if (returnQuickly(width)) return Flow.Leave;
  const state = cpu();
  const isTaskReturn = (state.mode & Mode.RealOrV86) == 0 && (state.systemFlags & Rflags.Nt) != 0;
  const rip = state.rip;
  const frame = isTaskReturn ? TASK_FRAME : topOfStack(currentStack(width));
  if (isTaskReturn) returnToTask();
  else if ((state.cr0 & Cr0.Pe) == 0) returnReal(width);
  else if (isV86()) returnInV86(width);
  else returnProtected(width);
  if (isAborted()) return failIret(rip);
  completeIret(frame);
  updateMode();
  return Flow.Leave;
}

/** IRET if it stays in the running code segment and stack. False: nothing has been done. */
export function returnQuickly(width: u32): bool {
  const frame = returnInLevel(width);
  if (frame == NO_FRAME) return false;
  completeIret(frame);
  return true;
}

/** NMIs are no longer masked, and whoever waits for that is told. */
function completeIret(frame: u64): void {
  const state = cpu();
  unmaskNmi();
  state.boundary |= state.watch & (Watch.Iret | Watch.InterruptState);
  closeNmiFrame(frame);
}

/**
 * The one place that decides whether an IRET that faults unmasks NMIs. The text on virtual NMIs (APM vol 2 §15.21.10)
 * demands successful completion, and physical ones follow the same rule unless `faultingIretUnmasks` says otherwise:
 * sources disagree about silicon. An IRET that exits has not executed at all.
 */
function failIret(rip: u64): Flow {
  const state = cpu();
  if (state.faultingIretUnmasks != 0 && state.pending == Pending.Exception) state.nmiMask = 0;
  return flowAfterFault(rip);
}

/** A guest with virtual NMIs has a mask of its own; the physical one stays as it is. */
function unmaskNmi(): void {
  const state = cpu();
  if (state.inGuest != 0 && state.virtualNmiEnabled != 0) state.virtualNmiMask = 0;
  else state.nmiMask = 0;
}

/** Real mode: no checks but the limit. */
function returnReal(width: u32): void {
  const stack = currentStack(width);
  popFrame(stack, 3);
  if (isAborted()) return;
  const target = frameSlot(0);
  const code = (<u32>frameSlot(1)) & 0xffff;
  const image = frameSlot(2);
  if (target > <u64>limit(Seg.Cs)) {
    raiseGp();
    return;
  }
  loadStackPointer(stack.pointer, false);
  loadRealSegment(Seg.Cs, code);
  cpu().rip = target;
  popFlags(image, PLAIN | Rflags.If | Rflags.Iopl | (width == 1 ? 0 : WIDE));
}

/** Virtual-8086 mode: needs IOPL 3, or VME for the 16-bit form, which then pops IF into VIF (APM vol 2 §8.10). */
function returnInV86(width: u32): void {
  const state = cpu();
  const isPrivileged = (state.systemFlags & Rflags.Iopl) == Rflags.Iopl;
  if (!isPrivileged && (width != 1 || (state.cr4 & Cr4.Vme) == 0)) {
    raiseGp();
    return;
  }
  const stack = currentStack(width);
  popFrame(stack, 3);
  if (isAborted()) return;
  const target = frameSlot(0);
  const code = (<u32>frameSlot(1)) & 0xffff;
  const image = frameSlot(2);
  if (target > 0xffff || (!isPrivileged && isVirtualPopIllegal(image))) {
    raiseGp();
    return;
  }
  loadStackPointer(stack.pointer, false);
  loadRealSegment(Seg.Cs, code);
  state.rip = target;
  if (isPrivileged) popFlags(image, PLAIN | Rflags.If | (width == 1 ? 0 : WIDE));
  else popVirtualFlags(image);
}

/** An interrupt that waits for VIF, and single-stepping, are for the monitor to see. */
function isVirtualPopIllegal(image: u64): bool {
  const isWaiting = (cpu().systemFlags & Rflags.Vip) != 0 && (image & Rflags.If) != 0;
  return isWaiting || (image & Rflags.Tf) != 0;
}

function popVirtualFlags(image: u64): void {
  popFlags(image, PLAIN);
  const others = rflags() & ~(<u64>Rflags.Vif);
  setRflags((image & Rflags.If) != 0 ? others | Rflags.Vif : others);
}

/** Protected, compatibility and 64-bit mode: to the same level, an outer level, or virtual-8086 mode. */
function returnProtected(width: u32): void {
  const stack = currentStack(width);
  popFrame(stack, 3);
  if (isAborted()) return;
  const target = frameSlot(0);
  const selector = (<u32>frameSlot(1)) & 0xffff;
  const image = frameSlot(2);
  const isToV86 = !isLongMode() && width == 2 && (image & Rflags.Vm) != 0 && cpu().cpl == 0;
  if (isToV86) {
    returnToV86(stack, target, selector, image);
    return;
  }
  const privilege = selector & 3;
  // A 64-bit IRET always pops SS and RSP, also to the same level (§8.9.6).
  const hasStack = privilege != cpu().cpl || is64Bit();
  // Silicon reads them before it looks at the code segment, SS first.
  const outerSelector = hasStack ? slotAhead(stack, 1) : 0;
  const outerPointer = hasStack ? slotAhead(stack, 0) : 0;
  if (isAborted()) return;
  const code = codeDescriptor();
  if (!checkReturnCode(code, selector)) return;
  if (hasStack) {
    returnWithStack(outerPointer, (<u32>outerSelector) & 0xffff, target, image, width);
    return;
  }
  if (!checkCodeTarget(code, target)) return;
  loadStackPointer(stack.pointer, false);
  const mask = poppableFlags(width);
  loadCode(code, privilege);
  cpu().rip = target;
  popFlags(image, mask);
}

/** To the stack that the frame went on with. CS was checked and is in `codeDescriptor()`. */
function returnWithStack(pointer: u64, selector: u32, target: u64, image: u64, width: u32): void {
  const code = codeDescriptor();
  const privilege = code.selector & 3;
  const isLong = isLongCode(code);
  if (!checkStackOrNull(stackDescriptor(), selector, privilege, isLong)) return;
  if (!checkCodeTarget(code, target)) return;
  const mask = poppableFlags(width);
  const isOutward = privilege > cpu().cpl;
  loadCode(code, privilege);
  loadStackOrNull(stackDescriptor(), selector, privilege);
  loadStackPointer(pointer, isLong);
  cpu().rip = target;
  popFlags(image, mask);
  if (isOutward) dropInaccessibleSegments();
}

/** To a virtual-8086 program: all its segments are on the stack (APM vol 2 §8.8). */
function returnToV86(stack: Stack, target: u64, code: u32, image: u64): void {
  const pointer = popSlot(stack);
  const ss = (<u32>popSlot(stack)) & 0xffff;
  const es = (<u32>popSlot(stack)) & 0xffff;
  const ds = (<u32>popSlot(stack)) & 0xffff;
  const fs = (<u32>popSlot(stack)) & 0xffff;
  const gs = (<u32>popSlot(stack)) & 0xffff;
  if (isAborted()) return;
  popFlags(image, poppableFlags(2) | Rflags.Vm);
  const state = cpu();
  state.cpl = 3;
  loadRealSegment(Seg.Cs, code);
  loadRealSegment(Seg.Ss, ss);
  loadRealSegment(Seg.Es, es);
  loadRealSegment(Seg.Ds, ds);
  loadRealSegment(Seg.Fs, fs);
  loadRealSegment(Seg.Gs, gs);
  state.rsp = pointer;
  state.rip = target & 0xffff;
}

/** NT: the task that called or interrupted this one goes on (APM vol 2 §12.3.3). There are none in long mode. */
function returnToTask(): void {
  if (isLongMode()) {
    raiseGp();
    return;
  }
  const link = <u32>readSystem<u16>(systemLinear(base(Seg.Tr)));
  if (isAborted()) return;
  switchTask(TaskSwitch.Return, link, cpu().nextRip, rflags() & ~(<u64>Rflags.Nt), false, 0);
}

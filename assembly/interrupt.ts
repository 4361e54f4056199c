/**
 * Event delivery through the IVT or IDT (APM vol 2 §8.6 to §8.9).
 *
 * Everything is read and checked, and the frame is written, before the first register changes. A fault on the way
 * leaves the processor as it was: what lies below a stack pointer belongs to nobody.
 */
import { Rflags, SegAttr } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Flow } from './abi/stop';
import { EventType, Vector } from './abi/vector';
import {
  codeDescriptor,
  Descriptor,
  descriptorDpl,
  gateDescriptor,
  gateOffset,
  gateSelector,
  isCodeSegment,
  isConforming,
  isNullSelector,
  isPresent,
  parse,
  raiseSelector,
  readDescriptor,
  stackDescriptor,
  systemLinear,
  SystemType,
  systemType,
} from './descriptor';
import { isAborted, raiseWithCode } from './fault';
import { rflags, setRflags } from './flags';
import { openInnerStack, openLongStack } from './inner-stack';
import { discardShadow } from './interrupt-shadow';
import { readSystem } from './memory';
import { updateMode } from './mode';
import { openNmiFrame, TASK_FRAME } from './nmi-frames';
import { enterInLevel, NO_FRAME } from './same-level';
import {
  checkPresentCode,
  checkCodeTarget,
  loadCode,
  loadNull,
  loadNullStack,
  loadRealSegment,
  loadSegment,
} from './segment-load';
import { currentStack, loadStackPointer, longStack, pushSlot, Stack, topOfStack } from './stack-frame';
import { cpu, isLongMode, isRealMode, isV86, selector } from './state';
import { forgetRepeat } from './suspended-repeat';
import { switchTask, TaskSwitch } from './task';

/** The event under way. */
@unmanaged
class Event {
  /** What the frame must say. */
  returnRip: u64;
  /** Linear address of the frame, once it is written. */
  frame: u64;
  vector: u32;
  type: u32;
  code: u32;
  hasCode: u32;
  /** INT n, INT3, INTO: the gate's DPL is checked. */
  isSoftware: u32;
  unused: u32;
}

const EVENT = memory.data(offsetof<Event>(), 8);

/** In the second word of a long gate (APM vol 2 §4.8.4). */
const IST_INDEX: u32 = 7;
/** In an error code: the index is one of the IDT (APM vol 2 §8.4.1). */
const IDT_INDEX: u32 = 2;

/**
 * Delivers one event at an instruction boundary.
 *
 * On success RIP is the handler's first instruction and the shadow is closed. A fault on the way aborts with
 * `pending` set and every register as it was, or as the incoming task of a task gate has it; the caller combines and
 * goes on (settle.ts).
 *
 * @param returnRip What the frame must hold.
 * @param isSoftware INT n, INT3, INTO: the gate's DPL is checked, nested error codes have EXT = 0.
 */
export function deliverReturningTo(
  returnRip: u64,
  vector: u32,
  type: EventType,
  hasCode: bool,
  code: u32,
  isSoftware: bool,
): Flow {
  const event = changetype<Event>(EVENT);
  event.returnRip = returnRip;
  event.vector = vector;
  event.type = type;
  event.code = code;
  event.hasCode = hasCode ? 1 : 0;
  event.isSoftware = isSoftware ? 1 : 0;
  event.frame = enterInLevel(vector, isSoftware, returnRip, pushedFlags(event), hasCode, code);
  if (event.frame != NO_FRAME) {
    enterHandler(event);
    return Flow.Leave;
  }
  cpu().externalEvent = isSoftware ? 0 : 1;
  if (isRealMode()) enterReal(event, rflags(), cpu().idtrBase);
  else if (isLongMode()) enterThroughLongGate(event);
  else enterThroughGate(event);
  cpu().externalEvent = 0;
  if (isAborted()) return Flow.Abort;
  enterHandler(event);
  updateMode();
  return Flow.Leave;
}

/** INT n if its handler is in the running code segment. False: nothing has been done. */
export function interruptInLevel(vector: u32, returnRip: u64): bool {
  if (enterInLevel(vector, true, returnRip, rflags(), false, 0) == NO_FRAME) return false;
  forgetRepeat(cpu());
  cpu().eventsDelivered++;
  return true;
}

/**
 * INT n in virtual-8086 mode, redirected by VME to the handler of the program's own IVT at address 0
 * (APM vol 2 §8.10).
 *
 * @param image What FLAGS is pushed as.
 */
export function deliverToVirtual8086(returnRip: u64, vector: u32, image: u64): Flow {
  const event = changetype<Event>(EVENT);
  event.returnRip = returnRip;
  event.vector = vector;
  event.type = EventType.SoftwareInterrupt;
  enterReal(event, image, 0);
  if (isAborted()) return Flow.Abort;
  enterHandler(event);
  updateMode();
  return Flow.Leave;
}

/** What follows every delivery, but for `updateMode` where the handler is in another segment. */
function enterHandler(event: Event): void {
  discardShadow();
  forgetRepeat(cpu());
  cpu().eventsDelivered++;
  if (event.type == EventType.Nmi) openNmiFrame(event.frame);
}

/** Through an interrupt vector table of far pointers (APM vol 2 §8.6). */
function enterReal(event: Event, image: u64, table: u64): void {
  const state = cpu();
  const entry = event.vector << 2;
  if (isRealMode() && entry + 3 > state.idtrLimit) {
    raiseIdt(Vector.Gp, event);
    return;
  }
  const target = readSystem<u32>(systemLinear(table + entry));
  if (isAborted()) return;
  const stack = currentStack(1);
  pushSlot(stack, image);
  pushSlot(stack, selector(Seg.Cs));
  pushSlot(stack, event.returnRip);
  if (isAborted()) return;
  event.frame = topOfStack(stack);
  loadStackPointer(stack.pointer, false);
  loadRealSegment(Seg.Cs, target >>> 16);
  state.rip = <u64>(target & 0xffff);
  const cleared: u64 = Rflags.Tf | Rflags.Rf | (isV86() ? 0 : Rflags.Ac);
  const flags = rflags() & ~cleared;
  // A program under VME with IOPL below 3 sees VIF as its IF; the real IF is not its business.
  const isVirtual = isV86() && (flags & Rflags.Iopl) != Rflags.Iopl;
  setRflags(flags & ~(<u64>(isVirtual ? Rflags.Vif : Rflags.If)));
}

/** Through the IDT of legacy protected mode and virtual-8086 mode (APM vol 2 §8.7, §8.8). */
function enterThroughGate(event: Event): void {
  const gate = gateDescriptor();
  if (!readGate(gate, event)) return;
  if (systemType(gate) == SystemType.TaskGate) {
    enterTask(gate, event);
    return;
  }
  const code = codeDescriptor();
  if (!checkHandlerCode(code, gateSelector(gate))) return;
  const privilege = isConforming(code) ? cpu().cpl : descriptorDpl(code);
  const width: u32 = (systemType(gate) & SystemType.Bits32) != 0 ? 2 : 1;
  const isInner = privilege < cpu().cpl;
  if (isV86() && privilege != 0) {
    raiseSelector(Vector.Gp, gateSelector(gate));
    return;
  }
  const stack = isInner ? openInnerStack(privilege, width) : currentStack(width);
  if (isV86()) pushDataSegments(stack);
  if (isInner) pushOldStack(stack);
  pushReturn(stack, event);
  if (isAborted()) return;
  const offset = gateOffset(gate);
  if (!checkCodeTarget(code, offset)) return;
  event.frame = topOfStack(stack);
  if (isV86()) dropDataSegments();
  if (isInner) loadSegment(Seg.Ss, stackDescriptor());
  loadStackPointer(stack.pointer, false);
  commitHandler(code, privilege, offset, isTrapGate(gate));
}

/** Through the IDT of long mode: 64-bit handlers only, stacks from the TSS (APM vol 2 §8.9). */
function enterThroughLongGate(event: Event): void {
  const gate = gateDescriptor();
  if (!readGate(gate, event)) return;
  const code = codeDescriptor();
  if (!checkHandlerCode(code, gateSelector(gate))) return;
  const privilege = isConforming(code) ? cpu().cpl : descriptorDpl(code);
  const isInner = privilege < cpu().cpl;
  const ist = gate.high & IST_INDEX;
  const stack = isInner || ist != 0 ? openLongStack(privilege, ist) : longStack(cpu().rsp);
  stack.isOwn = isInner ? 0 : 1;
  // The frame starts at a multiple of 16 (§8.9.3).
  stack.pointer &= ~(<u64>15);
  pushOldStack(stack);
  pushReturn(stack, event);
  if (isAborted()) return;
  const offset = gateOffset(gate);
  if (!checkCodeTarget(code, offset)) return;
  event.frame = topOfStack(stack);
  if (isInner) loadNullStack(privilege, privilege);
  loadStackPointer(stack.pointer, true);
  commitHandler(code, privilege, offset, isTrapGate(gate));
}

/** Reads the gate of a vector and checks that it may be used. */
function readGate(gate: Descriptor, event: Event): bool {
  const state = cpu();
  const isLong = isLongMode();
  const bytes: u32 = isLong ? 16 : 8;
  const entry = event.vector * bytes;
  if (entry + bytes - 1 > state.idtrLimit) return raiseIdt(Vector.Gp, event);
  const address = systemLinear(state.idtrBase + entry);
  const raw = readSystem<u64>(address);
  const upper: u64 = isLong && !isAborted() ? readSystem<u64>(address + 8) : 0;
  if (isAborted()) return false;
  parse(gate, <u32>raw, <u32>(raw >> 32));
  gate.upper = upper;
  if (!isEventGate(systemType(gate), isLong)) return raiseIdt(Vector.Gp, event);
  if (event.isSoftware != 0 && descriptorDpl(gate) < state.cpl) return raiseIdt(Vector.Gp, event);
  return isPresent(gate) || raiseIdt(Vector.Np, event);
}

function isEventGate(type: u32, isLong: bool): bool {
  if (type == SystemType.InterruptGate32 || type == SystemType.TrapGate32) return true;
  if (isLong) return false;
  return type == SystemType.TaskGate || type == SystemType.InterruptGate16 || type == SystemType.TrapGate16;
}

function isTrapGate(gate: Descriptor): bool {
  return (systemType(gate) & 1) != 0;
}

/** The code segment that a gate names: of this level or an inner one, 64-bit in long mode. */
function checkHandlerCode(d: Descriptor, target: u32): bool {
  if (isNullSelector(target)) {
    raiseSelector(Vector.Gp, 0);
    return false;
  }
  if (!readDescriptor(d, target, Vector.Gp)) return false;
  const isRightSize = !isLongMode() || (d.attributes & (SegAttr.L | SegAttr.Db)) == SegAttr.L;
  if (!isCodeSegment(d) || descriptorDpl(d) > cpu().cpl || !isRightSize) {
    raiseSelector(Vector.Gp, target);
    return false;
  }
  return checkPresentCode(d, target);
}

/** The segments that virtual-8086 mode used as real ones; handlers restore them by IRET. */
function pushDataSegments(stack: Stack): void {
  pushSlot(stack, selector(Seg.Gs));
  pushSlot(stack, selector(Seg.Fs));
  pushSlot(stack, selector(Seg.Ds));
  pushSlot(stack, selector(Seg.Es));
}

function dropDataSegments(): void {
  loadNull(Seg.Gs, 0);
  loadNull(Seg.Fs, 0);
  loadNull(Seg.Ds, 0);
  loadNull(Seg.Es, 0);
}

function pushOldStack(stack: Stack): void {
  const pointer = cpu().rsp;
  pushSlot(stack, selector(Seg.Ss));
  pushSlot(stack, pointer);
}

function pushReturn(stack: Stack, event: Event): void {
  pushSlot(stack, pushedFlags(event));
  pushSlot(stack, selector(Seg.Cs));
  pushSlot(stack, event.returnRip);
  if (event.hasCode != 0) pushSlot(stack, event.code);
}

/**
 * RFLAGS as the frame has it. A fault sets RF in the image, so that its return does not hit an instruction breakpoint
 * again (APM vol 2 §3.1.6); #DB does not, and #BP and #OF are traps.
 */
function pushedFlags(event: Event): u64 {
  const isFault = event.type == EventType.Exception && (event.vector == 0 || event.vector > <u32>Vector.Of);
  return isFault ? rflags() | Rflags.Rf : rflags();
}

/** Enters the handler: nothing can fail any more. */
function commitHandler(code: Descriptor, privilege: u32, offset: u64, isTrap: bool): void {
  loadCode(code, privilege);
  cpu().rip = offset;
  const cleared: u64 = Rflags.Tf | Rflags.Nt | Rflags.Rf | Rflags.Vm;
  setRflags(rflags() & ~(isTrap ? cleared : cleared | Rflags.If));
}

/** Through a task gate: the handler is another task (APM vol 2 §8.7.3). */
function enterTask(gate: Descriptor, event: Event): void {
  const flags = pushedFlags(event);
  switchTask(TaskSwitch.Gate, gateSelector(gate), event.returnRip, flags, event.hasCode != 0, event.code);
  event.frame = TASK_FRAME;
}

/** A fault whose error code names the gate of the event. Says no. */
function raiseIdt(vector: Vector, event: Event): bool {
  raiseWithCode(vector, (event.vector << 3) | IDT_INDEX | cpu().externalEvent);
  return false;
}

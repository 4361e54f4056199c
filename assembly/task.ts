/**
 * Hardware task switches (APM vol 2 §12.3): by JMP, CALL, a task gate in the IDT, or IRET with NT set.
 *
 * Until the commit point a fault belongs to the outgoing task and nothing has happened. After it the incoming task
 * runs: what is wrong with its segments is a fault of its first instruction.
 */
import { ExitCode } from './abi/exit-code';
import { Cr0, Cr4, Debug, Rflags } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Flow } from './abi/stop';
import { Vector } from './abi/vector';
import { Watch } from './abi/watch';
import {
  descriptorDpl,
  Descriptor,
  isPresent,
  raiseSelector,
  readDescriptor,
  setBusy,
  systemDescriptor,
  systemLinear,
  SystemType,
  systemType,
} from './descriptor';
import { isAborted, isIntercepted, raiseExit, raiseGp } from './fault';
import { setRflags } from './flags';
import { discardShadow } from './interrupt-shadow';
import { probeSystemWrite, writeSystem } from './memory';
import { updateAttention, updateMode } from './mode';
import { hasReservedPdpte } from './page-table';
import { loadIncomingSegments } from './task-segments';
import { currentStack, loadStackPointer, pushSlot } from './stack-frame';
import {
  attributes,
  base,
  cpu,
  limit,
  selector,
  setAttributes,
  setBase,
  setLimit,
  setSelector,
} from './state';
import {
  readTaskImage,
  saveOutgoingTask,
  savedBytes,
  savedFrom,
  taskImage,
  TaskImage,
  TSS16_BYTES,
  TSS32_BYTES,
} from './task-state';
import { flushLinearTlb } from './tlb';

/** Why a task is switched to. */
export enum TaskSwitch {
  Jump,
  Call,
  /** A task gate in the IDT. */
  Gate,
  Return,
}

/** EXITINFO2 of a task-switch exit (APM vol 2 §15.14.1). */
const INFO_RETURN: u64 = 1 << 36;
const INFO_JUMP: u64 = 1 << 38;
const INFO_HAS_CODE: u64 = 1 << 44;
const INFO_RF_SHIFT: u64 = 48 - 16;

/** L0 to L3 and LE of DR7: breakpoints of one task only (APM vol 2 §13.1.1.4). */
const DR7_LOCAL: u64 = 0x155;

/**
 * Switches to the task of `tssSelector`. The caller has checked privilege.
 *
 * @param returnRip Where the outgoing task goes on.
 * @param flags RFLAGS as the outgoing TSS is to hold it.
 * @param hasCode An error code goes onto the new task's stack.
 */
export function switchTask(
  cause: TaskSwitch,
  tssSelector: u32,
  returnRip: u64,
  flags: u64,
  hasCode: bool,
  code: u32,
): void {
  const tss = systemDescriptor();
  if (!checkTss(tss, tssSelector, cause)) return;
  if (isIntercepted(ExitCode.TaskSwitch)) {
    raiseExit(ExitCode.TaskSwitch, <u64>tssSelector, exitInfo2(cause, flags, hasCode, code), 0);
    return;
  }
  if (!prepare(tss, cause)) return;
  saveOutgoingTask(returnRip, <u32>flags);
  markTasks(tss, cause);
  if (isAborted()) return;
  enterTask(tss, cause);
  if (!isAborted()) loadIncomingSegments(taskImage());
  updateMode();
  if (!isAborted() && hasCode) pushErrorCode(tss, code);
  if (!isAborted() && cpu().rip > <u64>limit(Seg.Cs)) raiseSelector(Vector.Gp, 0);
  if (!isAborted()) trapNewTask();
}

/** The T bit of the new task's TSS: #DB before its first instruction, unless the switch itself has faulted. */
function trapNewTask(): void {
  if ((taskImage().trap & 1) == 0) return;
  cpu().pendingDebug |= Debug.Dr6Bt;
  updateAttention();
}

/**
 * What an instruction that may have switched tasks reports after a fault. Beyond the commit point the instruction is
 * complete: the fault is the incoming task's, and so is RIP.
 */
export function flowAfterFault(ripBefore: u64): Flow {
  return cpu().rip == ripBefore ? Flow.Abort : Flow.Leave;
}

/** A task-state segment in the GDT that may be switched to; #GP, or #TS for the link of an IRET. */
function checkTss(d: Descriptor, tssSelector: u32, cause: TaskSwitch): bool {
  const isReturn = cause == TaskSwitch.Return;
  const vector: Vector = isReturn ? Vector.Ts : Vector.Gp;
  if ((tssSelector & 4) != 0 || (tssSelector & 0xfff8) == 0) return refuse(vector, tssSelector);
  if (!readDescriptor(d, tssSelector, vector)) return false;
  const expected: u32 = isReturn ? SystemType.BusyTss16 : SystemType.AvailableTss16;
  if ((systemType(d) & ~(<u32>SystemType.Bits32)) != expected) return refuse(vector, tssSelector);
  if (!isPresent(d)) return refuse(Vector.Np, tssSelector);
  const bytes = is32BitTss(d) ? TSS32_BYTES : TSS16_BYTES;
  return d.limit >= bytes - 1 || refuse(Vector.Ts, tssSelector);
}

/** What JMP and CALL check besides: the TSS is for programs of this privilege (APM vol 2 §12.3.1). */
export function checkSystemPrivilege(d: Descriptor, tssSelector: u32): bool {
  const privilege = max<u32>(cpu().cpl, tssSelector & 3);
  return descriptorDpl(d) >= privilege || refuse(Vector.Gp, tssSelector);
}

function exitInfo2(cause: TaskSwitch, flags: u64, hasCode: bool, code: u32): u64 {
  let info = (flags & Rflags.Rf) << INFO_RF_SHIFT;
  if (cause == TaskSwitch.Return) info |= INFO_RETURN;
  if (cause == TaskSwitch.Jump) info |= INFO_JUMP;
  if (hasCode) info |= INFO_HAS_CODE | (<u64>code);
  return info;
}

/** Reads the incoming task and makes sure that every write of the switch will succeed. */
function prepare(tss: Descriptor, cause: TaskSwitch): bool {
  const is32 = is32BitTss(tss);
  readTaskImage(tss.base, is32);
  if (isAborted()) return false;
  const isOld32 = (attributes(Seg.Tr) & SystemType.Bits32) != 0;
  probeSystemWrite(systemLinear(base(Seg.Tr) + savedFrom(isOld32)), savedBytes(isOld32));
  if (!isAborted() && isNesting(cause)) probeSystemWrite(systemLinear(tss.base), 2);
  if (!isAborted() && cause != TaskSwitch.Return) probeSystemWrite(tss.address + 5, 1);
  if (!isAborted() && !isNesting(cause)) probeSystemWrite(outgoingDescriptor() + 5, 1);
  return !isAborted();
}

/** The outgoing task stays busy if the incoming one will return to it. */
function markTasks(tss: Descriptor, cause: TaskSwitch): void {
  if (!isNesting(cause)) setBusy(outgoingDescriptor(), false);
  if (cause != TaskSwitch.Return) setBusy(tss.address, true);
  if (isNesting(cause)) writeSystem<u16>(systemLinear(tss.base), <u16>selector(Seg.Tr));
}

/** The commit point: from here on the incoming task runs. Its segments are not loaded yet. */
function enterTask(tss: Descriptor, cause: TaskSwitch): void {
  const state = cpu();
  const image = taskImage();
  setSelector(Seg.Tr, tss.selector);
  setBase(Seg.Tr, tss.base);
  setLimit(Seg.Tr, tss.limit);
  setAttributes(Seg.Tr, tss.attributes | SystemType.Busy);
  state.cr0 |= Cr0.Ts;
  state.dr7 &= ~DR7_LOCAL;
  if (is32BitTss(tss) && (state.cr0 & (<u64>(<u32>Cr0.Pg))) != 0) {
    state.cr3 = <u64>image.cr3;
    flushLinearTlb();
    checkPdptes();
  }
  state.rip = <u64>image.eip;
  setRflags(<u64>(isNesting(cause) ? image.eflags | Rflags.Nt : image.eflags));
  discardShadow();
  state.boundary |= state.watch & Watch.InterruptState;
  loadGeneralRegisters(image);
}

/** PAE paging reads its PDPTEs with CR3, but under nested paging only when used (APM vol 2 §15.25). */
function checkPdptes(): void {
  const state = cpu();
  if ((state.cr4 & Cr4.Pae) != 0 && state.nestedPaging == 0 && hasReservedPdpte(state.cr3)) raiseGp();
}

function loadGeneralRegisters(image: TaskImage): void {
  const state = cpu();
  state.rax = <u64>image.eax;
  state.rcx = <u64>image.ecx;
  state.rdx = <u64>image.edx;
  state.rbx = <u64>image.ebx;
  state.rsp = <u64>image.esp;
  state.rbp = <u64>image.ebp;
  state.rsi = <u64>image.esi;
  state.rdi = <u64>image.edi;
}

function pushErrorCode(tss: Descriptor, code: u32): void {
  const stack = currentStack(is32BitTss(tss) ? 2 : 1);
  pushSlot(stack, <u64>code);
  if (!isAborted()) loadStackPointer(stack.pointer, false);
}

/** CALL and interrupts nest tasks: the new one links back and sets NT. */
function isNesting(cause: TaskSwitch): bool {
  return cause == TaskSwitch.Call || cause == TaskSwitch.Gate;
}

/** Linear address of the outgoing task's descriptor. */
function outgoingDescriptor(): u64 {
  return systemLinear(cpu().gdtrBase + (selector(Seg.Tr) & 0xfff8));
}

function is32BitTss(d: Descriptor): bool {
  return (d.attributes & SystemType.Bits32) != 0;
}

function refuse(vector: Vector, tssSelector: u32): bool {
  raiseSelector(vector, tssSelector);
  return false;
}

/** PUSHF, POPF, PUSHA, POPA and ENTER (APM vol 3). */
import { ExitCode } from '../abi/exit-code';
import { Cr4, Mode, Rflags } from '../abi/processor-bits';
import { Reg, Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { exitInstruction, isAborted, isIntercepted, raiseGp, raiseUd } from '../fault';
import { rflags, setRflags } from '../flags';
import { probeWrite, readLinear, writeLinear } from '../memory';
import { segmentLinear } from '../segment';
import { cpu, is64Bit, isRealMode, isV86, register, setRegister } from '../state';
import { UopRecord } from '../uop-record';
import { leaveInNewMode, reachInterruptState } from './completion';

/** PUSHF stores VM and RF as zero. */
const PUSHED_FLAGS: u64 = ~(<u64>(Rflags.Vm | Rflags.Rf));
/** What POPF can change at CPL 0. VM, VIF and VIP stay, RF is cleared. */
const POPPED_FLAGS: u32 =
  Rflags.Status | Rflags.Tf | Rflags.If | Rflags.Df | Rflags.Iopl | Rflags.Nt | Rflags.Ac | Rflags.Id;
/** The nesting level of ENTER is taken modulo 32. */
const LEVEL_MASK: u32 = 31;
/** PUSHA's registers from the last pushed, at the lowest address, to the first: rDI to rAX. */
const REGISTERS: u32 = 8;

/** The intercept beats every exception (APM vol 2 Table 15-7). */
export function pushf(uop: UopRecord): Flow {
  if (isIntercepted(ExitCode.Pushf)) return exitInstruction(ExitCode.Pushf);
  let image = rflags() & PUSHED_FLAGS;
  if (isV86Restricted()) {
    if (!usesVirtualInterrupts(uop)) return raiseGp();
    // VIF takes the place of IF, and the guest sees IOPL 3 (APM vol 2 §8.10.2).
    const hasVif = (image & Rflags.Vif) != 0;
    image = (image & ~(<u64>Rflags.If)) | Rflags.Iopl | (hasVif ? Rflags.If : 0);
  }
  const top = stackPointer() - ((<u64>1) << uop.c);
  const linear = stackLinear(top, uop.c, true);
  if (isAborted()) return Flow.Abort;
  writeOperand(linear, uop.c, image);
  if (isAborted()) return Flow.Abort;
  setStackPointer(top);
  return Flow.Next;
}

/** The intercept beats every exception (APM vol 2 Table 15-7). */
export function popf(uop: UopRecord): Flow {
  if (isIntercepted(ExitCode.Popf)) return exitInstruction(ExitCode.Popf);
  const isRestricted = isV86Restricted();
  if (isRestricted && !usesVirtualInterrupts(uop)) return raiseGp();
  const linear = stackLinear(stackPointer(), uop.c, false);
  if (isAborted()) return Flow.Abort;
  const image = <u32>readOperand(linear, uop.c);
  if (isAborted()) return Flow.Abort;
  const old = <u32>rflags();
  const mask = uop.c == 1 ? poppableFlags() & 0xffff : poppableFlags();
  let next = (old & ~mask) | (image & mask);
  if (isRestricted) {
    const wantsPending = (image & Rflags.If) != 0 && (old & Rflags.Vip) != 0;
    if (wantsPending || (image & Rflags.Tf) != 0) return raiseGp();
    next = (next & ~(<u32>Rflags.Vif)) | ((image & Rflags.If) != 0 ? Rflags.Vif : 0);
  }
  setStackPointer(stackPointer() + ((<u64>1) << uop.c));
  setRflags(<u64>(next & ~(<u32>Rflags.Rf)));
  reachInterruptState();
  return leaveInNewMode();
}

/**
 * rAX, rCX, rDX, rBX, the old rSP, rBP, rSI, rDI.
 *
 * As on silicon, what was stored before a fault stays in memory: rSP has not moved, so the instruction can be restarted.
 */
export function pusha(uop: UopRecord): Flow {
  if (is64Bit()) return raiseUd();
  const bytes = (<u64>1) << uop.c;
  const old = stackPointer();
  for (let i: u32 = 1; i <= REGISTERS; i++) {
    pushAt(old - i * bytes, uop.c, register<u64>((i - 1) << 3));
    if (isAborted()) return Flow.Abort;
  }
  setStackPointer(old - REGISTERS * bytes);
  return Flow.Next;
}

/** As PUSHA, the other way; the stored rSP is passed over. What was loaded before a fault stays in the registers. */
export function popa(uop: UopRecord): Flow {
  if (is64Bit()) return raiseUd();
  const bytes = (<u64>1) << uop.c;
  const old = stackPointer();
  for (let i: u32 = 0; i < REGISTERS; i++) {
    const value = readAt(old + i * bytes, uop.c);
    if (isAborted()) return Flow.Abort;
    const reg = (REGISTERS - 1 - i) << 3;
    if (reg != Reg.Rsp) setOperand(reg, uop.c, value);
  }
  setStackPointer(old + REGISTERS * bytes);
  return Flow.Next;
}

/**
 * Pushes rBP, the frame pointers of the enclosing levels and the new one, and reserves the frame.
 *
 * As on silicon, what was pushed before a fault stays in memory, below the stack pointer; no register has changed.
 */
export function enter(uop: UopRecord): Flow {
  const frameBytes = <u64>((<u32>(uop.imm >> 16)) & 0xffff);
  const level = (<u32>(uop.imm >> 32)) & LEVEL_MASK;
  const bytes = (<u64>1) << uop.c;
  const framePointer = stackPointer() - bytes;
  const last = framePointer - level * bytes;
  pushAt(framePointer, uop.c, register<u64>(Reg.Rbp));
  for (let i: u32 = 1; i < level && !isAborted(); i++) {
    const enclosing = readAt(register<u64>(Reg.Rbp) - i * bytes, uop.c);
    if (!isAborted()) pushAt(framePointer - i * bytes, uop.c, enclosing);
  }
  if (level > 0 && !isAborted()) pushAt(last, uop.c, framePointerImage(framePointer));
  if (!isAborted()) probePush(last - frameBytes, uop.c);
  if (isAborted()) return Flow.Abort;
  setOperand(Reg.Rbp, uop.c, framePointerImage(framePointer));
  setStackPointer(last - frameBytes);
  return Flow.Next;
}

/** The value of rBP in the new frame: with a 16-bit stack pointer the rest of rSP comes along. */
function framePointerImage(framePointer: u64): u64 {
  const mask = stackMask();
  return (register<u64>(Reg.Rsp) & ~mask) | (framePointer & mask);
}

/** Virtual-8086 mode with IOPL below 3: PUSHF and POPF are sensitive. */
function isV86Restricted(): bool {
  return isV86() && (cpu().systemFlags & Rflags.Iopl) != Rflags.Iopl;
}

/** CR4.VME lets the 16-bit forms work on VIF instead of IF (APM vol 2 §8.10.2). */
function usesVirtualInterrupts(uop: UopRecord): bool {
  return uop.c == 1 && (cpu().cr4 & Cr4.Vme) != 0;
}

/** The flags that POPF may write here: IOPL takes CPL 0, IF takes CPL <= IOPL. */
function poppableFlags(): u32 {
  if (isRealMode()) return POPPED_FLAGS;
  const state = cpu();
  if (isV86Restricted()) return POPPED_FLAGS & ~(<u32>(Rflags.Iopl | Rflags.If));
  if (state.cpl == 0) return POPPED_FLAGS;
  const iopl = (state.systemFlags & Rflags.Iopl) >> 12;
  const mask: u32 = POPPED_FLAGS & ~(<u32>Rflags.Iopl);
  return state.cpl <= iopl ? mask : mask & ~(<u32>Rflags.If);
}

/** Bits of rSP that the stack's address size uses. */
function stackMask(): u64 {
  if (is64Bit()) return ~(<u64>0);
  return (cpu().mode & Mode.Stack32) != 0 ? 0xffffffff : 0xffff;
}

function stackPointer(): u64 {
  return register<u64>(Reg.Rsp) & stackMask();
}

function setStackPointer(value: u64): void {
  const mask = stackMask();
  if (mask == 0xffff) setRegister<u16>(Reg.Rsp, <u16>value);
  else setRegister<u64>(Reg.Rsp, value & mask);
}

/** Linear address of a stack slot of 1 << `width` bytes. Aborts with #SS(0). */
function stackLinear(offset: u64, width: u32, isWrite: bool): u64 {
  const wrapped = offset & stackMask();
  if ((cpu().mode & Mode.Flat) != 0) return wrapped;
  return segmentLinear(Seg.Ss, wrapped, (<u32>1) << width, isWrite);
}

function probePush(offset: u64, width: u32): void {
  const linear = stackLinear(offset, width, true);
  if (!isAborted()) probeWrite(linear, (<u32>1) << width, Seg.Ss);
}

function pushAt(offset: u64, width: u32, value: u64): void {
  const linear = stackLinear(offset, width, true);
  if (!isAborted()) writeOperand(linear, width, value);
}

function readAt(offset: u64, width: u32): u64 {
  const linear = stackLinear(offset, width, false);
  return isAborted() ? 0 : readOperand(linear, width);
}

function readOperand(linear: u64, width: u32): u64 {
  if (width == 1) return <u64>readLinear<u16>(linear, Seg.Ss);
  if (width == 2) return <u64>readLinear<u32>(linear, Seg.Ss);
  return readLinear<u64>(linear, Seg.Ss);
}

function writeOperand(linear: u64, width: u32, value: u64): void {
  if (width == 1) writeLinear<u16>(linear, Seg.Ss, <u16>value);
  else if (width == 2) writeLinear<u32>(linear, Seg.Ss, <u32>value);
  else writeLinear<u64>(linear, Seg.Ss, value);
}

function setOperand(reg: u32, width: u32, value: u64): void {
  if (width == 1) setRegister<u16>(reg, <u16>value);
  else if (width == 2) setRegister<u32>(reg, <u32>value);
  else setRegister<u64>(reg, value);
}

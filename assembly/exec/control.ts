/**
 * Control registers (APM vol 2 §3.1, long-mode consistency checks §14.6.2).
 *
 * Order of MOV CR0, CLTS, LMSW and SMSW: exceptions that need no memory, intercept, memory. MOV CR3: the same, its
 * memory being the PDPTEs. Other control registers: every exception, then the intercept (§15.9 Table 15-7).
 */
import { ExitCode } from '../abi/exit-code';
import { Cr0, Cr4, Efer, PHYSICAL_ADDRESS_BITS, SegAttr } from '../abi/processor-bits';
import { Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { exitInstruction, isAborted, isIntercepted, raiseExit, raiseGp, raiseUd } from '../fault';
import { updateMode } from '../mode';
import { hasReservedPdpte } from '../page-table';
import { attributes, cpu, CpuState, is64Bit, isLongMode, register, setRegister } from '../state';
import { flushLinearTlb, flushTlb } from '../tlb';
import { UopRecord } from '../uop-record';
import { leave, leaveWithTrap, reachInterruptState } from './completion';
import { isPreventedInUserMode } from './descriptor-table';
import { readWordOperand } from './word-operand';

/** EXITINFO1[63] of a CR intercept: the instruction is MOV, and [3:0] names its register (APM vol 2 §15.8.1). */
const MOV_CR: u64 = 0x8000000000000000;
const CR8_MAX: u64 = 15;

/** A change of these bits of CR4 loads the PDPTEs of PAE paging again (APM vol 2 §5.2). */
const RELOADING_PDPTES: u64 = Cr4.Pae | Cr4.Pge | Cr4.Pse;

const PG: u64 = <u64>(<u32>Cr0.Pg);
const PE: u64 = Cr0.Pe;
/** The bits that the selective CR0 write intercept does not look at. */
const UNSELECTED: u64 = Cr0.Ts | Cr0.Mp;
/** PE, MP, EM, TS: what LMSW loads. */
const MACHINE_STATUS: u64 = Cr0.Pe | Cr0.Mp | Cr0.Em | Cr0.Ts;

/** EXITINFO1 of a MOV CR intercept. */
function movInfo(gpr: u32): u64 {
  return MOV_CR | (<u64>(gpr >> 3));
}

function isControlRegister(number: u32): bool {
  return number == 0 || (number >= 2 && number <= 4) || number == 8;
}

function readControl(number: u32): u64 {
  const state = cpu();
  switch (number) {
    case 0:
      return state.cr0;
    case 2:
      return state.cr2;
    case 3:
      return state.cr3;
    case 4:
      return state.cr4;
    default:
      return <u64>state.cr8;
  }
}

export function movFromCr(uop: UopRecord): Flow {
  const number: u32 = uop.b;
  if (!isControlRegister(number)) return raiseUd();
  if (cpu().cpl != 0) return raiseGp();
  const code: ExitCode = ExitCode.Cr0Read + number;
  if (isIntercepted(code)) return raiseExit(code, movInfo(uop.a), 0, cpu().nextRip);
  if (is64Bit()) setRegister<u64>(uop.a, readControl(number));
  else setRegister<u32>(uop.a, <u32>readControl(number));
  return Flow.Next;
}

export function movToCr(uop: UopRecord): Flow {
  const number: u32 = uop.b;
  if (!isControlRegister(number)) return raiseUd();
  if (cpu().cpl != 0) return raiseGp();
  const value = is64Bit() ? register<u64>(uop.a) : <u64>register<u32>(uop.a);
  if (!isLegal(number, value)) return raiseGp();
  const code: ExitCode = ExitCode.Cr0Write + number;
  if (isIntercepted(code)) return raiseExit(code, movInfo(uop.a), 0, cpu().nextRip);
  switch (number) {
    case 0:
      if (isSelected(value)) return raiseExit(ExitCode.Cr0SelectiveWrite, movInfo(uop.a), 0, cpu().nextRip);
      return writeCr0(value);
    case 2:
      return writeCr2(value);
    case 3:
      return writeCr3(value);
    case 4:
      return writeCr4(value);
    default:
      return writeCr8(value);
  }
}

/** The #GP(0) rules of MOV CRn that come before the intercept. */
function isLegal(number: u32, value: u64): bool {
  switch (number) {
    case 0:
      return isLegalCr0(value);
    case 3:
      return value >> PHYSICAL_ADDRESS_BITS == 0;
    case 4:
      return isLegalCr4(value);
    case 8:
      return value <= CR8_MAX;
    default:
      return true;
  }
}

function isLegalCr0(value: u64): bool {
  const state = cpu();
  if (value >> 32 != 0) return false;
  if ((value & PG) != 0 && (value & PE) == 0) return false;
  if ((value & Cr0.Nw) != 0 && (value & Cr0.Cd) == 0) return false;
  if ((value & PG) == 0) return !is64Bit();
  const activatesLongMode = (state.cr0 & PG) == 0 && (state.efer & Efer.Lme) != 0;
  return !activatesLongMode || ((state.cr4 & Cr4.Pae) != 0 && (attributes(Seg.Cs) & SegAttr.L) == 0);
}

function isLegalCr4(value: u64): bool {
  const state = cpu();
  if ((value & ~state.cr4Bits) != 0) return false;
  if (isLongMode()) return (value & Cr4.Pae) != 0;
  const loadsPdptes = (value & Cr4.Pae) != 0 && ((value ^ state.cr4) & RELOADING_PDPTES) != 0;
  return !loadsPdptes || (state.cr0 & PG) == 0 || arePdptesLegal(state.cr3);
}

/** The PDPTEs of PAE paging are loaded with CR3. Under nested paging they are read when used (APM vol 2 §15.25). */
function arePdptesLegal(cr3: u64): bool {
  return cpu().nestedPaging != 0 || !hasReservedPdpte(cr3);
}

/** The selective intercept: a bit other than TS and MP would change. */
function isSelected(value: u64): bool {
  return isIntercepted(ExitCode.Cr0SelectiveWrite) && ((normalizeCr0(value) ^ cpu().cr0) & ~UNSELECTED) != 0;
}

/** What is stored of a value for CR0: bits that do not exist read as zero, ET as one. */
function normalizeCr0(value: u64): u64 {
  return (value & (<u64>(<u32>Cr0.Defined))) | Cr0.Et;
}

function writeCr0(value: u64): Flow {
  const state = cpu();
  const next = normalizeCr0(value);
  const changed = state.cr0 ^ next;
  if ((next & changed & PG) != 0 && !isPagingLegal(state)) return raiseGp();
  state.cr0 = next;
  if ((changed & PG) != 0) followPaging(state);
  if ((changed & (PG | Cr0.Wp)) != 0) flushTlb();
  return finishInNewMode(0, next);
}

/** Paging can be turned on: in PAE paging the PDPTEs are loaded with it. */
function isPagingLegal(state: CpuState): bool {
  const isPae = (state.cr4 & Cr4.Pae) != 0 && (state.efer & Efer.Lme) == 0;
  return !isPae || arePdptesLegal(state.cr3);
}

/** EFER.LMA = EFER.LME & CR0.PG. */
function followPaging(state: CpuState): void {
  const isActive = (state.cr0 & PG) != 0 && (state.efer & Efer.Lme) != 0;
  state.efer = isActive ? state.efer | Efer.Lma : state.efer & ~(<u64>Efer.Lma);
}

function writeCr2(value: u64): Flow {
  cpu().cr2 = value;
  return Flow.Next;
}

function writeCr3(value: u64): Flow {
  const state = cpu();
  const usesPdptes = (state.cr0 & PG) != 0 && (state.cr4 & Cr4.Pae) != 0 && !isLongMode();
  if (usesPdptes && !arePdptesLegal(value)) return raiseGp();
  state.cr3 = value;
  flushLinearTlb();
  return finishInNewMode(3, value);
}

function writeCr4(value: u64): Flow {
  const state = cpu();
  const flushing: u64 = Cr4.Pse | Cr4.Pae | Cr4.Pge | Cr4.Smep | Cr4.Smap;
  const changed = state.cr4 ^ value;
  state.cr4 = value;
  if ((changed & flushing) != 0) flushTlb();
  return finishInNewMode(4, value);
}

/** Task priority; V_TPR while a guest runs (APM vol 2 §15.21.1). */
function writeCr8(value: u64): Flow {
  cpu().cr8 = <u32>value;
  reachInterruptState();
  return finishInNewMode(8, value);
}

/** Completes a write to control register `number`, which the write trap may report (APM vol 2 §15.9). */
function finishInNewMode(number: u32, value: u64): Flow {
  const code: ExitCode = ExitCode.Cr0WriteTrap + number;
  updateMode();
  return isIntercepted(code) ? leaveWithTrap(code, value) : leave();
}

/** TS ← 0. Never selective. */
export function clts(uop: UopRecord): Flow {
  if (cpu().cpl != 0) return raiseGp();
  if (isIntercepted(ExitCode.Cr0Write)) return exitInstruction(ExitCode.Cr0Write);
  return writeCr0(cpu().cr0 & ~(<u64>Cr0.Ts));
}

/** CR0[3:0] ← source, except that PE can only be set. Always selective. */
export function lmsw(uop: UopRecord): Flow {
  if (cpu().cpl != 0) return raiseGp();
  if (isIntercepted(ExitCode.Cr0Write)) return exitInstruction(ExitCode.Cr0Write);
  if (isIntercepted(ExitCode.Cr0SelectiveWrite)) return exitInstruction(ExitCode.Cr0SelectiveWrite);
  const status = (<u64>readWordOperand(uop)) & MACHINE_STATUS;
  if (isAborted()) return Flow.Abort;
  const old = cpu().cr0;
  return writeCr0((old & ~MACHINE_STATUS) | status | (old & PE));
}

export function smsw(uop: UopRecord): Flow {
  if (isPreventedInUserMode()) return raiseGp();
  if (isIntercepted(ExitCode.Cr0Read)) return exitInstruction(ExitCode.Cr0Read);
  setRegister<u64>(uop.a, cpu().cr0);
  return Flow.Next;
}

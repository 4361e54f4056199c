/** SYSCALL, SYSENTER and their returns, SWAPGS (APM vol 2 §6.1, APM vol 3). */
import { Debug, Efer, Rflags } from '../abi/processor-bits';
import { Reg, Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { raiseGp, raiseUd } from '../fault';
import { rflags, setRflags } from '../flags';
import { updateMode } from '../mode';
import {
  cpu,
  is64Bit,
  isLongMode,
  isRealMode,
  setAttributes,
  setBase,
  setLimit,
  setRegister,
  setSelector,
} from '../state';
import { UopRecord } from '../uop-record';
import { reachInterruptState } from './completion';

/** Attributes of the flat segments that these instructions load without reading a descriptor, at DPL 0. */
const CODE_64: u32 = 0xa9b;
const CODE_32: u32 = 0xc9b;
const DATA_32: u32 = 0xc93;
const DPL_3: u32 = 0x60;
const RPL_3: u32 = 3;

/** Selector fields: STAR 47:32 and 63:48 (APM vol 2 §6.1.1). Index and table, without RPL. */
const STAR_SYSCALL_SHIFT: u64 = 32;
const STAR_SYSRET_SHIFT: u64 = 48;
const WITHOUT_RPL: u32 = 0xfffc;

/** log2 of a 64-bit operand's bytes. */
const QUAD: u32 = 3;

function loadFlat(seg: u32, selector: u32, attributes: u32): void {
  setSelector(seg, selector);
  setAttributes(seg, attributes);
  setBase(seg, 0);
  setLimit(seg, 0xffffffff);
}

/**
 * SYSCALL and SYSRET take a single-step trap by TF as they leave it: SFMASK can keep a kernel from being stepped into,
 * and after SYSRET the trap comes as if SYSCALL had just completed.
 */
function settleStep(): void {
  const state = cpu();
  state.isStepSettled = 1;
  if ((state.systemFlags & Rflags.Tf) != 0) state.pendingDebug |= Debug.Dr6Bs;
}

/** Continues at `rip` with the privilege and flags just loaded. IF may be other than before. */
function transferTo(rip: u64, cpl: u32): Flow {
  cpu().cpl = cpl;
  cpu().rip = rip;
  updateMode();
  reachInterruptState();
  return Flow.Leave;
}

export function syscall(uop: UopRecord): Flow {
  const state = cpu();
  if ((state.efer & Efer.Sce) == 0) return raiseUd();
  const target = (<u32>(state.star >> STAR_SYSCALL_SHIFT)) & 0xffff;
  const isLong = isLongMode();
  const rip = !isLong ? <u64>(<u32>state.star) : is64Bit() ? state.lstar : state.cstar;
  if (isLong) {
    state.rcx = state.nextRip;
    state.r11 = rflags() & ~(<u64>Rflags.Rf);
    setRflags(rflags() & ~state.sfmask & ~(<u64>Rflags.Rf));
  } else {
    setRegister<u32>(Reg.Rcx, <u32>state.nextRip);
    state.systemFlags &= ~(Rflags.Vm | Rflags.If | Rflags.Rf);
  }
  loadFlat(Seg.Cs, target & WITHOUT_RPL, isLong ? CODE_64 : CODE_32);
  loadFlat(Seg.Ss, (target + 8) & 0xffff, DATA_32);
  settleStep();
  return transferTo(rip, 0);
}

/**
 * Back to CPL 3. As on every AMD processor RCX need not be canonical here (the fetch at CPL 3 faults instead), and SS
 * gets a selector but keeps its base, limit and attributes.
 */
export function sysret(uop: UopRecord): Flow {
  const state = cpu();
  if ((state.efer & Efer.Sce) == 0) return raiseUd();
  if (isRealMode() || state.cpl != 0) return raiseGp();
  const target = <u32>(state.star >> STAR_SYSRET_SHIFT);
  const returnsTo64 = is64Bit() && uop.c == QUAD;
  const rip = returnsTo64 ? state.rcx : <u64>(<u32>state.rcx);
  if (is64Bit()) setRflags(state.r11 & ~(<u64>(Rflags.Rf | Rflags.Vm)));
  else state.systemFlags |= Rflags.If;
  if (returnsTo64) loadFlat(Seg.Cs, ((target + 16) & 0xffff) | RPL_3, CODE_64 | DPL_3);
  else loadFlat(Seg.Cs, target | RPL_3, CODE_32 | DPL_3);
  setSelector(Seg.Ss, (target + 8) & 0xffff);
  settleStep();
  return transferTo(rip, 3);
}

/** Long mode, or a null SYSENTER_CS: records the exception of SYSENTER and SYSEXIT. */
function sysenterFault(): Flow {
  if (isLongMode()) return raiseUd();
  if (isRealMode() || ((<u32>cpu().sysenterCs) & WITHOUT_RPL) == 0) return raiseGp();
  return Flow.Next;
}

/** A legacy-mode instruction on AMD: #UD in long mode, compatibility mode included. */
export function sysenter(uop: UopRecord): Flow {
  const fault = sysenterFault();
  if (fault != Flow.Next) return fault;
  const state = cpu();
  const target = (<u32>state.sysenterCs) & WITHOUT_RPL;
  state.systemFlags &= ~(Rflags.Vm | Rflags.If | Rflags.Rf);
  loadFlat(Seg.Cs, target, CODE_32);
  loadFlat(Seg.Ss, (target + 8) & 0xffff, DATA_32);
  setRegister<u32>(Reg.Rsp, <u32>state.sysenterEsp);
  return transferTo(<u64>(<u32>state.sysenterEip), 0);
}

/** EIP ← EDX, ESP ← ECX, CPL 3. */
export function sysexit(uop: UopRecord): Flow {
  const fault = sysenterFault();
  if (fault != Flow.Next) return fault;
  const state = cpu();
  if (state.cpl != 0) return raiseGp();
  const target = (<u32>state.sysenterCs) & WITHOUT_RPL;
  loadFlat(Seg.Cs, ((target + 16) & 0xffff) | RPL_3, CODE_32 | DPL_3);
  loadFlat(Seg.Ss, ((target + 24) & 0xffff) | RPL_3, DATA_32 | DPL_3);
  setRegister<u32>(Reg.Rsp, <u32>state.rcx);
  return transferTo(<u64>(<u32>state.rdx), 3);
}

/** GS base ↔ KERNEL_GS_BASE. */
export function swapgs(uop: UopRecord): Flow {
  if (!is64Bit()) return raiseUd();
  const state = cpu();
  if (state.cpl != 0) return raiseGp();
  const gsBase = state.gsBase;
  state.gsBase = state.kernelGsBase;
  state.kernelGsBase = gsBase;
  return Flow.Next;
}

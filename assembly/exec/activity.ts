/** Interrupt flag, HLT, PAUSE, MONITOR, MWAIT (APM vol 3 §4, APM vol 2 §8.1.4, §8.10). */
import { ExitCode } from '../abi/exit-code';
import { Cr4, Rflags } from '../abi/processor-bits';
import { Activity, Flow } from '../abi/stop';
import { exitInstruction, isIntercepted, raiseGp, raiseUd } from '../fault';
import { updateAttention } from '../mode';
import { cpu, isRealMode, isV86 } from '../state';
import { UopRecord } from '../uop-record';
import { leave, reachInterruptState } from './completion';

/** RFLAGS.IOPL is bits 13:12. */
const IOPL_SHIFT: u32 = 12;

/** CPL may change RFLAGS.IF itself. */
function mayChangeIf(): bool {
  const state = cpu();
  return state.cpl <= (state.systemFlags & Rflags.Iopl) >> IOPL_SHIFT;
}

/** CLI and STI act on RFLAGS.VIF: virtual-8086 mode extensions or protected-mode virtual interrupts (APM vol 2 §8.10). */
function usesVif(): bool {
  const state = cpu();
  if (isRealMode()) return false;
  if (isV86()) return (state.cr4 & Cr4.Vme) != 0;
  return (state.cr4 & Cr4.Pvi) != 0 && state.cpl == 3;
}

/** IF ← 0, or VIF ← 0. */
export function cli(uop: UopRecord): Flow {
  const state = cpu();
  if (mayChangeIf()) {
    state.systemFlags &= ~Rflags.If;
    reachInterruptState();
    return leave();
  }
  if (!usesVif()) return raiseGp();
  state.systemFlags &= ~Rflags.Vif;
  return leave();
}

/** IF ← 1, or VIF ← 1. Only a change of IF from 0 to 1 opens the interrupt shadow (APM vol 2 §15.21.5). */
export function sti(uop: UopRecord): Flow {
  const state = cpu();
  if (mayChangeIf()) {
    if ((state.systemFlags & Rflags.If) == 0) openShadow();
    state.systemFlags |= Rflags.If;
    reachInterruptState();
    return leave();
  }
  if (!usesVif() || (state.systemFlags & Rflags.Vip) != 0) return raiseGp();
  state.systemFlags |= Rflags.Vif;
  return leave();
}

function openShadow(): void {
  cpu().shadow = 1;
  cpu().shadowHoldsDebug = 0;
  updateAttention();
}

/** Waits for an event. The idle-HLT intercept yields to the HLT intercept (APM vol 2 §15.9). */
export function hlt(uop: UopRecord): Flow {
  const state = cpu();
  if (state.cpl != 0) return raiseGp();
  if (isIntercepted(ExitCode.Hlt)) return exitInstruction(ExitCode.Hlt);
  if (isIntercepted(ExitCode.IdleHlt) && !isVirtualEventPending()) return exitInstruction(ExitCode.IdleHlt);
  state.activity = Activity.Halted;
  return leave();
}

/** A virtual interrupt or a virtual NMI waits, deliverable or not: the manual does not tell them apart. */
function isVirtualEventPending(): bool {
  const state = cpu();
  return state.virtualIrqPending != 0 || (state.virtualNmiEnabled != 0 && state.virtualNmiPending != 0);
}

/** Nothing, but a hypervisor may want to know (APM vol 2 §15.14.4). */
export function pause(uop: UopRecord): Flow {
  if (isIntercepted(ExitCode.Pause) && isPauseFilterSpent()) return exitInstruction(ExitCode.Pause);
  return Flow.Next;
}

/**
 * Counts one PAUSE. A filter count of zero is no filter. Pauses further apart than the threshold begin a new count.
 *
 * @returns The counter would go below zero, which is when an intercepted PAUSE exits.
 */
function isPauseFilterSpent(): bool {
  const state = cpu();
  if (state.pauseFilterCount == 0) return true;
  const sinceLast = state.clock - state.lastPause;
  state.lastPause = state.clock;
  if (state.pauseFilterThreshold != 0 && sinceLast > <u64>state.pauseFilterThreshold) {
    state.pauseLeft = state.pauseFilterCount;
    return false;
  }
  if (state.pauseLeft == 0) return true;
  state.pauseLeft -= 1;
  return false;
}

/** This processor has no MONITOR: CPUID 0000_0001h ECX[3] is 0. */
export function monitor(uop: UopRecord): Flow {
  return raiseUd();
}

/** As MONITOR. */
export function mwait(uop: UopRecord): Flow {
  return raiseUd();
}

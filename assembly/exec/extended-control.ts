/** XCR0: XGETBV and XSETBV (APM vol 4; vol 2 §11.5.2). The intercept of XSETBV beats every exception (Table 15-7). */
import { ExitCode } from '../abi/exit-code';
import { Cr4, Mxcsr, Xcr0 } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { findCpuidRow } from '../cpuid-table';
import { stateInUse } from '../extended-state';
import { exitInstruction, isIntercepted, raiseGp, raiseUd } from '../fault';
import { updateMode } from '../mode';
import { cpu } from '../state';
import { UopRecord } from '../uop-record';
import { leave } from './completion';
import { setEdxEax } from './time';

/** Extended control registers that XGETBV reads: XCR0, and which of its components are in use. */
const XCR0_NUMBER: u32 = 0;
const IN_USE_NUMBER: u32 = 1;

/** CPUID's leaf of extended state: subleaf 0 says which bits of XCR0 exist, subleaf 1 that XGETBV reads number 1. */
const EXTENDED_STATE: u32 = 0xd;
const HAS_IN_USE: u32 = 4;

/** The bits of XCR0 that exist in this model; 0 if it has no XSAVE. */
export function xcr0Bits(): u64 {
  const row = findCpuidRow(EXTENDED_STATE, 0);
  return row ? <u64>row.eax : 0;
}

/** XCR0 ← value, if it is legal: x87 always on, AVX only with SSE, nothing that does not exist. */
export function setXcr0(value: u64): bool {
  const hasAvxAlone = (value & (Xcr0.Avx | Xcr0.Sse)) == Xcr0.Avx;
  if ((value & ~xcr0Bits()) != 0 || (value & Xcr0.X87) == 0 || hasAvxAlone) return false;
  cpu().xcr0 = value;
  updateMode();
  return true;
}

export function xsetbv(uop: UopRecord): Flow {
  if (isIntercepted(ExitCode.Xsetbv)) return exitInstruction(ExitCode.Xsetbv);
  const state = cpu();
  if ((state.cr4 & Cr4.Osxsave) == 0) return raiseUd();
  if (state.cpl != 0 || <u32>state.rcx != XCR0_NUMBER) return raiseGp();
  const value = (state.rdx << 32) | (<u64>(<u32>state.rax));
  return setXcr0(value) ? leave() : raiseGp();
}

export function xgetbv(uop: UopRecord): Flow {
  const state = cpu();
  if ((state.cr4 & Cr4.Osxsave) == 0) return raiseUd();
  const number = <u32>state.rcx;
  if (number == XCR0_NUMBER) {
    setEdxEax(state.xcr0);
    return Flow.Next;
  }
  const row = findCpuidRow(EXTENDED_STATE, 1);
  if (number != IN_USE_NUMBER || !row || (row.eax & HAS_IN_USE) == 0) return raiseGp();
  setEdxEax(stateInUseWithMxcsr() & state.xcr0);
  return Flow.Next;
}

/** As `stateInUse`, where an MXCSR other than its initial value is SSE state. */
export function stateInUseWithMxcsr(): u64 {
  const used = stateInUse();
  return cpu().mxcsr == Mxcsr.Reset ? used : used | Xcr0.Sse;
}

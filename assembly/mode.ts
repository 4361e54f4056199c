/** What follows from the control registers and segments: the decoding mode, the TLB bank, the careful path. */
import { Cr0, Cr4, Efer, Mode, Rflags, SegAttr, Xcr0 } from './abi/processor-bits';
import { Seg } from './abi/register';
import { attributes, base, cpu, CpuState, limit } from './state';
import { CAREFUL_BANK, SUPERVISOR_BANK, USER_BANK } from './tlb';
import { hasCarefulTraps, hasWatchpoints } from './traps';

/** RFLAGS.AC exempts supervisor data accesses from SMAP. */
export function isSmapSuspended(): bool {
  const state = cpu();
  return state.cpl != 3 && (state.cr4 & Cr4.Smap) != 0 && (state.systemFlags & Rflags.Ac) != 0;
}

/**
 * Derives `mode`, `tlbBank`, `fetchContext` and `attention`. To be called after any change of CS, SS, DS, ES, CPL, CR0, CR4,
 * EFER, DR7, XCR0, the ASID, or of RFLAGS.VM, TF and AC, before the next instruction.
 */
export function updateMode(): void {
  const state = cpu();
  state.mode = codeMode(state) | stackMode() | mediaMode(state) | (isFlat(state) ? Mode.Flat : 0);
  state.tlbBank = isCareful(state) ? CAREFUL_BANK : state.cpl == 3 ? USER_BANK : SUPERVISOR_BANK;
  state.fetchContext = (state.asid << 1) | (state.cpl == 3 ? 1 : 0);
  updateAttention();
}

/** Derives `attention` alone. To be called when TF, the shadow, DR7 or a pending debug trap may have changed. */
export function updateAttention(): void {
  const state = cpu();
  const isStepping = (state.systemFlags & (Rflags.Tf | Rflags.Rf)) != 0;
  const hasTraps = (state.dr7 & 0xff) != 0 || hasCarefulTraps();
  const needsCare = isStepping || state.shadow != 0 || state.pendingDebug != 0 || hasTraps;
  state.attention = needsCare ? 1 : 0;
}

function codeMode(state: CpuState): u32 {
  const isReal = (state.cr0 & Cr0.Pe) == 0;
  if (isReal || (state.systemFlags & Rflags.Vm) != 0) return Mode.RealOrV86 | codeSize(state);
  return codeSize(state);
}

/** Which x87, media and vector instructions are available. */
function mediaMode(state: CpuState): u32 {
  const cr0 = <u32>state.cr0;
  let mode: u32 = 0;
  if ((cr0 & Cr0.Ts) != 0) mode |= Mode.TaskSwitched;
  if ((cr0 & Cr0.Em) != 0) mode |= Mode.Emulate;
  if ((cr0 & Cr0.Mp) != 0) mode |= Mode.MonitorCoprocessor;
  if ((state.cr4 & Cr4.Osfxsr) != 0) mode |= Mode.Osfxsr;
  const avx: u64 = Xcr0.Sse | Xcr0.Avx;
  if ((state.cr4 & Cr4.Osxsave) != 0 && (state.xcr0 & avx) == avx) mode |= Mode.Avx;
  return mode;
}

function codeSize(state: CpuState): u32 {
  const cs = attributes(Seg.Cs);
  if ((state.efer & Efer.Lma) != 0 && (cs & SegAttr.L) != 0) return Mode.Code64;
  return (cs & SegAttr.Db) != 0 ? Mode.Code32 : Mode.Code16;
}

function stackMode(): u32 {
  return (attributes(Seg.Ss) & SegAttr.Db) != 0 ? Mode.Stack32 : 0;
}

/** 64-bit mode, or protected mode with ES, CS, SS and DS all of 4 GiB from 0 and open to reads and writes. */
function isFlat(state: CpuState): bool {
  if (codeSize(state) == Mode.Code64) return true;
  if ((state.cr0 & Cr0.Pe) == 0 || (state.systemFlags & Rflags.Vm) != 0) return false;
  const readableCode = SegAttr.P | SegAttr.S | SegAttr.Code | SegAttr.WritableOrReadable;
  if (!covers(Seg.Cs) || (attributes(Seg.Cs) & readableCode) != readableCode) return false;
  return isFlatData(Seg.Ds) && isFlatData(Seg.Es) && isFlatData(Seg.Ss);
}

function isFlatData(seg: u32): bool {
  const mask =
    SegAttr.P | SegAttr.S | SegAttr.Code | SegAttr.WritableOrReadable | SegAttr.ExpandDownOrConforming;
  const expected = SegAttr.P | SegAttr.S | SegAttr.WritableOrReadable;
  return covers(seg) && (attributes(seg) & mask) == expected;
}

function covers(seg: u32): bool {
  return base(seg) == 0 && limit(seg) == 0xffffffff;
}

/** Every data access must take the slow path: alignment checks, data breakpoints, suspended SMAP. */
function isCareful(state: CpuState): bool {
  const hasAc = (state.systemFlags & Rflags.Ac) != 0;
  if (hasAc && state.cpl == 3 && (state.cr0 & Cr0.Am) != 0) return true;
  if (isSmapSuspended()) return true;
  return hasDataBreakpoints(state) || hasWatchpoints();
}

function hasDataBreakpoints(state: CpuState): bool {
  if ((state.dr7 & 0xff) == 0) return false;
  for (let i: u32 = 0; i < 4; i++) {
    const isEnabled = ((state.dr7 >> (i << 1)) & 3) != 0;
    if (isEnabled && ((state.dr7 >> (16 + (i << 2))) & 1) != 0) return true;
  }
  return false;
}

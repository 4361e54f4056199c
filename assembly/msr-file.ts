/**
 * Model-specific registers: what can be read and written, and what a write must satisfy (APM vol 2 App. A).
 *
 * Registers that are not here do not exist; RDMSR and WRMSR of them fault.
 */
import { ApicBase, Hwcr, Msr, VmCr } from './abi/msr';
import { Cr0, Efer, PHYSICAL_ADDRESS_BITS } from './abi/processor-bits';
import { findCpuidRow } from './cpuid-table';
import { raiseGp, unimplemented } from './fault';
import { isCanonical } from './canonical';
import { cpu } from './state';
import { timeStamp } from './time-stamp';
import { flushTlb } from './tlb';

/** DEBUGCTL: LBR, BTF and the four pin controls (APM vol 2 §13.1.1.6). */
const DEBUGCTL_DEFINED: u64 = 0x3f;
/** Recording of branches and single-stepping of branches: not implemented. */
const DEBUGCTL_TRACING: u64 = 0x3;
const PAGE_OFFSET: u64 = 0xfff;

/** The register's value. Aborts with #GP(0) if there is none of that number. */
export function readMsr(index: u32): u64 {
  const state = cpu();
  switch (<Msr>index) {
    case Msr.Tsc:
      return timeStamp();
    case Msr.ApicBase:
      return state.apicBase;
    case Msr.DebugCtl:
      return state.debugCtl;
    case Msr.Pat:
      return state.pat;
    case Msr.Efer:
      return state.efer;
    case Msr.TscAux:
      return state.tscAux;
    case Msr.Hwcr:
      return state.hwcr;
    case Msr.VmCr:
      return state.vmCr;
    case Msr.VmHsavePa:
      return state.vmHsavePa;
    case Msr.Xss:
      if (!hasXsaves()) raiseGp();
      return 0;
    default:
      return readSystemCallMsr(index);
  }
}

function readSystemCallMsr(index: u32): u64 {
  const state = cpu();
  switch (<Msr>index) {
    case Msr.SysenterCs:
      return state.sysenterCs;
    case Msr.SysenterEsp:
      return state.sysenterEsp;
    case Msr.SysenterEip:
      return state.sysenterEip;
    case Msr.Star:
      return state.star;
    case Msr.Lstar:
      return state.lstar;
    case Msr.Cstar:
      return state.cstar;
    case Msr.Sfmask:
      return state.sfmask;
    case Msr.FsBase:
      return state.fsBase;
    case Msr.GsBase:
      return state.gsBase;
    case Msr.KernelGsBase:
      return state.kernelGsBase;
    default:
      raiseGp();
      return 0;
  }
}

/** Writes the register. Aborts with #GP(0) if there is none of that number or the value is not allowed. */
export function writeMsr(index: u32, value: u64): void {
  const state = cpu();
  switch (<Msr>index) {
    case Msr.Tsc:
      // TSC_OFFSET is not taken out: a guest that is let through sets the processor's own counter.
      state.tscBase = value - state.clock;
      return;
    case Msr.ApicBase:
      return writeApicBase(value);
    case Msr.DebugCtl:
      return writeDebugCtl(value);
    case Msr.Pat:
      return writePat(value);
    case Msr.Efer:
      return writeEfer(value);
    case Msr.TscAux:
      state.tscAux = <u64>(<u32>value);
      return;
    case Msr.Hwcr:
      return writeHwcr(value);
    case Msr.VmCr:
      return writeVmCr(value);
    case Msr.VmHsavePa:
      return writeVmHsavePa(value);
    case Msr.Xss:
      if (value != 0 || !hasXsaves()) raiseGp();
      return;
    default:
      return writeSystemCallMsr(index, value);
  }
}

/** The registers of SYSENTER keep 16 and 32 bits, SFMASK 32 (APM vol 2 §6.1). */
function writeSystemCallMsr(index: u32, value: u64): void {
  const state = cpu();
  switch (<Msr>index) {
    case Msr.SysenterCs:
      state.sysenterCs = value & 0xffff;
      return;
    case Msr.SysenterEsp:
      state.sysenterEsp = <u64>(<u32>value);
      return;
    case Msr.SysenterEip:
      state.sysenterEip = <u64>(<u32>value);
      return;
    case Msr.Star:
      state.star = value;
      return;
    case Msr.Sfmask:
      state.sfmask = <u64>(<u32>value);
      return;
    default:
      return writeAddressMsr(index, value);
  }
}

/** Registers that hold a linear address, which must be canonical. */
function writeAddressMsr(index: u32, value: u64): void {
  const state = cpu();
  if (!isCanonical(value)) {
    raiseGp();
    return;
  }
  switch (<Msr>index) {
    case Msr.Lstar:
      state.lstar = value;
      return;
    case Msr.Cstar:
      state.cstar = value;
      return;
    case Msr.FsBase:
      state.fsBase = value;
      return;
    case Msr.GsBase:
      state.gsBase = value;
      return;
    case Msr.KernelGsBase:
      state.kernelGsBase = value;
      return;
    default:
      raiseGp();
  }
}

/**
 * LMA cannot be changed by a write, nor LME while paging is on; SVME needs VM_CR.SVMDIS = 0 (APM vol 2 §3.1.7, §15.4).
 */
function writeEfer(value: u64): void {
  const state = cpu();
  const changed = state.efer ^ value;
  const isPaging = (state.cr0 & (<u64>(<u32>Cr0.Pg))) != 0;
  const enablesLockedSvm = (value & Efer.Svme) != 0 && (state.vmCr & VmCr.SvmDisable) != 0;
  if (
    (value & ~(<u64>Efer.Defined)) != 0 ||
    (changed & Efer.Lma) != 0 ||
    (isPaging && (changed & Efer.Lme) != 0) ||
    enablesLockedSvm
  ) {
    raiseGp();
    return;
  }
  state.efer = value;
  if ((changed & Efer.Nxe) != 0) flushTlb();
}

/** Eight memory types; 2, 3 and what is above 7 are reserved (APM vol 2 §7.8.1). */
function writePat(value: u64): void {
  for (let shift: u64 = 0; shift < 64; shift += 8) {
    const type = (value >> shift) & 0xff;
    if (type > 7 || type == 2 || type == 3) {
      raiseGp();
      return;
    }
  }
  cpu().pat = value;
}

/** The APIC is not there yet: its base and its enable bit (which CPUID shows) are. x2APIC is not supported. */
function writeApicBase(value: u64): void {
  const writable = ((<u64>1) << PHYSICAL_ADDRESS_BITS) - 0x1000 + ApicBase.Enabled;
  const readOnly: u64 = ApicBase.BootProcessor;
  if ((value & ~(writable | readOnly)) != 0) {
    raiseGp();
    return;
  }
  cpu().apicBase = (value & writable) | (cpu().apicBase & readOnly);
}

function writeDebugCtl(value: u64): void {
  if ((value & ~DEBUGCTL_DEFINED) != 0) raiseGp();
  else if ((value & DEBUGCTL_TRACING) != 0) unimplemented();
  else cpu().debugCtl = value;
}

/** Bits that change nothing here are kept; TSC frequency selection is read-only; the rest faults. */
function writeHwcr(value: u64): void {
  const kept: u64 = Hwcr.TlbCacheDisable | Hwcr.InvdWbinvd | Hwcr.CpbDisable;
  const readOnly: u64 = Hwcr.TscFrequencySelect;
  if ((value & ~(kept | readOnly)) != 0) raiseGp();
  else cpu().hwcr = (value & kept) | (cpu().hwcr & readOnly);
}

/** Under LOCK the bits LOCK and SVMDIS keep their values. SVM cannot be disabled while it is in use (§15.30.1). */
function writeVmCr(value: u64): void {
  const state = cpu();
  const locked: u64 = VmCr.Lock | VmCr.SvmDisable;
  const defined: u64 = locked | VmCr.DebugPortDisable | VmCr.RedirectInit | VmCr.DisableA20Masking;
  const next = (state.vmCr & VmCr.Lock) != 0 ? (value & ~locked) | (state.vmCr & locked) : value;
  const disablesUsedSvm = (next & VmCr.SvmDisable) != 0 && (state.efer & Efer.Svme) != 0;
  if ((value & ~defined) != 0 || disablesUsedSvm) raiseGp();
  else state.vmCr = next;
}

/** XSS exists with XSAVES, as CPUID 0Dh.1 EAX[3] says; this processor has no supervisor state for it to name. */
function hasXsaves(): bool {
  const row = findCpuidRow(0xd, 1);
  return row ? (row.eax & 8) != 0 : false;
}

/** A page of physical memory (APM vol 2 §15.30.4). */
function writeVmHsavePa(value: u64): void {
  if ((value & PAGE_OFFSET) != 0 || value >> PHYSICAL_ADDRESS_BITS != 0) raiseGp();
  else cpu().vmHsavePa = value;
}

/**
 * VMRUN and #VMEXIT: the movement of state between the processor and a VMCB (APM vol 2 §15.5.1, §15.6).
 *
 * Only movement: whether VMRUN may enter, which event comes next and what an exit means are decided outside, in
 * `src/svm`. The host's state rests in a save area of the same layout (§15.30.4 leaves its format to us), so the same
 * code moves guest and host.
 */
import { Activity, Pending } from './abi/stop';
import { Cr0, Debug, Rflags } from './abi/processor-bits';
import { Seg } from './abi/register';
import { VirtualInterrupt, VirtualInterruptShift, VMCB_BYTES, VmcbOffset } from './abi/vmcb-layout';
import { invalidateCode } from './code-cache';
import { pageHoldsCode } from './code-lines';
import { storeInstructionBytes } from './decode-assist';
import { rflags, setRflags } from './flags';
import { updateMode } from './mode';
import {
  canonical,
  loadGuestState,
  loadSegment,
  loadSharedState,
  storeGuestState,
  storeSegment,
  storeSharedState,
} from './save-area';
import { touchPage } from './page-tracking';
import { cpu, CpuState } from './state';
import { forgetRepeat } from './suspended-repeat';
import { HOST_TAG, rememberTlbContext, settleTlb } from './tlb-context';

const HOST_SAVE_AREA = <u32>memory.data(4096, 16);

/** For snapshots: where VMRUN has put the host's state, `VMCB_BYTES` long. */
export const HOST_SAVE_AREA_ADDRESS: u32 = HOST_SAVE_AREA;

/** Stands for a permission map beyond 4 GiB, where no memory is: it reads as all ones. */
const NO_MEMORY: u32 = 0xfffff000;
const PAGE_OFFSET: u64 = 0xfff;
/** EFLAGS bits that #VMEXIT clears in the host's image (§15.6). */
const NOT_IN_HOST: u64 = Rflags.Vm | Rflags.Rf;

/** VMRUN after its checks: saves the host, loads the guest. The VMCB is at physical address `vmcbPhysical`. */
export function loadGuest(vmcbPhysical: u32): void {
  const state = cpu();
  const vmcb = state.memoryBase + vmcbPhysical;
  saveHost(state);
  loadControl(state, vmcb);
  loadVirtualInterrupt(state, vmcb);
  loadSharedState(state, vmcb);
  loadGuestState(state, vmcb);
  state.inGuest = 1;
  state.gif = 1;
  settleTlb(state, vmcb);
  clearTransient(state);
  updateMode();
}

/** #VMEXIT: stores the guest, says why it stopped, and reloads the host. */
export function storeGuest(vmcbPhysical: u32): void {
  const state = cpu();
  const vmcb = state.memoryBase + vmcbPhysical;
  touchPage(vmcbPhysical);
  storeExitInformation(state, vmcb);
  storeSharedState(state, vmcb);
  storeGuestState(state, vmcb);
  storeVirtualInterrupt(state, vmcb);
  if (pageHoldsCode(vmcbPhysical)) invalidateCode(vmcbPhysical, VMCB_BYTES);
  rememberTlbContext(state);
  reloadHost(state);
  leaveGuest(state);
  clearTransient(state);
  updateMode();
}

/** Records an exit that no instruction causes: at an instruction boundary, without information. */
export function exitAtBoundary(code: u32): void {
  const state = cpu();
  state.exitCode = code;
  state.exitInfo1 = 0;
  state.exitInfo2 = 0;
  state.exitNextRip = 0;
  state.eventInfo = 0;
}

/** VMLOAD: the state that VMRUN does not move (§15.5.2). */
export function loadHiddenState(vmcbPhysical: u32): void {
  const state = cpu();
  const vmcb = state.memoryBase + vmcbPhysical;
  loadSegment(Seg.Fs, vmcb + VmcbOffset.Fs);
  loadSegment(Seg.Gs, vmcb + VmcbOffset.Gs);
  loadSegment(Seg.Ldtr, vmcb + VmcbOffset.Ldtr);
  loadSegment(Seg.Tr, vmcb + VmcbOffset.Tr);
  state.kernelGsBase = canonical(load<u64>(vmcb, VmcbOffset.KernelGsBase));
  state.star = load<u64>(vmcb, VmcbOffset.Star);
  state.lstar = load<u64>(vmcb, VmcbOffset.Lstar);
  state.cstar = load<u64>(vmcb, VmcbOffset.Cstar);
  state.sfmask = load<u64>(vmcb, VmcbOffset.Sfmask);
  state.sysenterCs = load<u64>(vmcb, VmcbOffset.SysenterCs);
  state.sysenterEsp = load<u64>(vmcb, VmcbOffset.SysenterEsp);
  state.sysenterEip = load<u64>(vmcb, VmcbOffset.SysenterEip);
  updateMode();
}

/** VMSAVE. */
export function storeHiddenState(vmcbPhysical: u32): void {
  const state = cpu();
  const vmcb = state.memoryBase + vmcbPhysical;
  touchPage(vmcbPhysical);
  storeSegment(Seg.Fs, vmcb + VmcbOffset.Fs);
  storeSegment(Seg.Gs, vmcb + VmcbOffset.Gs);
  storeSegment(Seg.Ldtr, vmcb + VmcbOffset.Ldtr);
  storeSegment(Seg.Tr, vmcb + VmcbOffset.Tr);
  store<u64>(vmcb, state.kernelGsBase, VmcbOffset.KernelGsBase);
  store<u64>(vmcb, state.star, VmcbOffset.Star);
  store<u64>(vmcb, state.lstar, VmcbOffset.Lstar);
  store<u64>(vmcb, state.cstar, VmcbOffset.Cstar);
  store<u64>(vmcb, state.sfmask, VmcbOffset.Sfmask);
  store<u64>(vmcb, state.sysenterCs, VmcbOffset.SysenterCs);
  store<u64>(vmcb, state.sysenterEsp, VmcbOffset.SysenterEsp);
  store<u64>(vmcb, state.sysenterEip, VmcbOffset.SysenterEip);
}

// Host.

function saveHost(state: CpuState): void {
  state.hostCr0 = state.cr0;
  state.hostCr4 = state.cr4;
  state.hostEfer = state.efer;
  state.hostInterruptFlag = (state.systemFlags & Rflags.If) != 0 ? 1 : 0;
  storeSharedState(state, HOST_SAVE_AREA);
  store<u64>(HOST_SAVE_AREA, state.pat, VmcbOffset.GuestPat);
  store<u32>(HOST_SAVE_AREA, state.cr8, VmcbOffset.VirtualInterrupt);
}

/**
 * What #VMEXIT reloads. CR2, DR6, FS, GS, TR and LDTR keep the guest's values (§15.6); so does the PAT of a guest
 * without nested paging, which has none of its own (§15.25.8).
 */
function reloadHost(state: CpuState): void {
  loadSharedState(state, HOST_SAVE_AREA);
  setRflags(rflags() & ~NOT_IN_HOST);
  state.cr0 |= Cr0.Pe;
  state.cpl = 0;
  state.dr7 = Debug.Dr7Reset;
  if (state.nestedPaging != 0) state.pat = load<u64>(HOST_SAVE_AREA, VmcbOffset.GuestPat);
}

// Control area.

function loadControl(state: CpuState, vmcb: u32): void {
  state.intercepts0 = load<u32>(vmcb, VmcbOffset.InterceptCr);
  state.intercepts1 = load<u32>(vmcb, VmcbOffset.InterceptDr);
  state.intercepts2 = load<u32>(vmcb, VmcbOffset.InterceptExceptions);
  state.intercepts3 = load<u32>(vmcb, VmcbOffset.Intercept3);
  state.intercepts4 = load<u32>(vmcb, VmcbOffset.Intercept4);
  state.intercepts5 = load<u32>(vmcb, VmcbOffset.Intercept5);
  state.pauseFilterThreshold = load<u16>(vmcb, VmcbOffset.PauseFilterThreshold);
  state.pauseFilterCount = load<u16>(vmcb, VmcbOffset.PauseFilterCount);
  state.pauseLeft = state.pauseFilterCount;
  state.lastPause = state.clock;
  state.iopmBase = mapBase(load<u64>(vmcb, VmcbOffset.IopmBase));
  state.msrpmBase = mapBase(load<u64>(vmcb, VmcbOffset.MsrpmBase));
  state.tscOffset = load<u64>(vmcb, VmcbOffset.TscOffset);
  state.nestedPaging = load<u32>(vmcb, VmcbOffset.NestedControl) & 1;
  state.nestedCr3 = load<u64>(vmcb, VmcbOffset.NestedCr3);
  // INTERRUPT_SHADOW does not tell STI from MOV SS; restored, it holds interrupts only (§15.21.5).
  state.shadow = load<u32>(vmcb, VmcbOffset.InterruptShadow) & 1;
  state.shadowHoldsDebug = 0;
}

/** A permission map's address; bits 11:0 are ignored (§15.10.1). */
function mapBase(physical: u64): u32 {
  return physical > <u64>NO_MEMORY ? NO_MEMORY : <u32>(physical & ~PAGE_OFFSET);
}

/** Moves VMCB 060h in. V_NMI and V_NMI_MASK mean nothing while V_NMI_ENABLE is clear (§15.21.10). */
function loadVirtualInterrupt(state: CpuState, vmcb: u32): void {
  const control = load<u32>(vmcb, VmcbOffset.VirtualInterrupt);
  state.cr8 = control & VirtualInterrupt.Tpr;
  state.virtualIrqPending = isSet(control, VirtualInterrupt.Irq);
  state.virtualIrqPriority = (control & VirtualInterrupt.Priority) >> VirtualInterruptShift.Priority;
  state.virtualIrqIgnoreTpr = isSet(control, VirtualInterrupt.IgnoreTpr);
  state.virtualIrqVector = load<u8>(vmcb, VmcbOffset.VirtualInterrupt + 4);
  state.virtualInterruptMasking = isSet(control, VirtualInterrupt.Masking);
  state.virtualGifEnabled = isSet(control, VirtualInterrupt.GifEnable);
  state.virtualGif = isSet(control, VirtualInterrupt.Gif);
  const isNmiEnabled = isSet(control, VirtualInterrupt.NmiEnable);
  state.virtualNmiEnabled = isNmiEnabled;
  state.virtualNmiPending = isNmiEnabled & isSet(control, VirtualInterrupt.Nmi);
  state.virtualNmiMask = isNmiEnabled & isSet(control, VirtualInterrupt.NmiMask);
}

/** Moves the status bits of VMCB 060h and 068h out; the hypervisor's own bits stay (§15.6). */
function storeVirtualInterrupt(state: CpuState, vmcb: u32): void {
  let control = load<u32>(vmcb, VmcbOffset.VirtualInterrupt);
  control = (control & ~(<u32>VirtualInterrupt.Tpr)) | (state.cr8 & VirtualInterrupt.Tpr);
  control = withBit(control, VirtualInterrupt.Irq, state.virtualIrqPending);
  if (state.virtualGifEnabled != 0) control = withBit(control, VirtualInterrupt.Gif, state.virtualGif);
  if (state.virtualNmiEnabled != 0) {
    control = withBit(control, VirtualInterrupt.Nmi, state.virtualNmiPending);
    control = withBit(control, VirtualInterrupt.NmiMask, state.virtualNmiMask);
  }
  store<u32>(vmcb, control, VmcbOffset.VirtualInterrupt);
  const shadow = load<u32>(vmcb, VmcbOffset.InterruptShadow);
  store<u32>(vmcb, withBit(shadow, 1, state.shadow), VmcbOffset.InterruptShadow);
}

function isSet(word: u32, bit: u32): u32 {
  return (word & bit) != 0 ? 1 : 0;
}

function withBit(word: u32, bit: u32, value: u32): u32 {
  return value != 0 ? word | bit : word & ~bit;
}

function storeExitInformation(state: CpuState, vmcb: u32): void {
  store<u64>(vmcb, state.exitCode, VmcbOffset.ExitCode);
  store<u64>(vmcb, state.exitInfo1, VmcbOffset.ExitInfo1);
  store<u64>(vmcb, state.exitInfo2, VmcbOffset.ExitInfo2);
  store<u64>(vmcb, state.eventInfo, VmcbOffset.ExitIntInfo);
  store<u64>(vmcb, state.exitNextRip, VmcbOffset.NextRip);
  store<u64>(vmcb, 0, VmcbOffset.EventInjection);
  storeInstructionBytes(vmcb);
}

// The rest.

/** Internal copies that #VMEXIT clears (§15.6): nothing is intercepted in the host. */
function leaveGuest(state: CpuState): void {
  if (state.virtualInterruptMasking != 0) state.cr8 = load<u32>(HOST_SAVE_AREA, VmcbOffset.VirtualInterrupt);
  state.inGuest = 0;
  state.gif = 0;
  state.asid = HOST_TAG;
  state.nestedPaging = 0;
  state.tscOffset = 0;
  state.virtualInterruptMasking = 0;
  state.virtualIrqPending = 0;
  state.virtualGifEnabled = 0;
  state.virtualNmiEnabled = 0;
  state.virtualNmiPending = 0;
  state.virtualNmiMask = 0;
  state.shadow = 0;
}

/** What holds between two instructions but does not cross the switch. */
function clearTransient(state: CpuState): void {
  state.activity = Activity.Running;
  state.pending = Pending.None;
  state.pendingDebug = 0;
  state.shadowHoldsDebug = 0;
  state.boundary = 0;
  state.eventInfo = 0;
  state.externalEvent = 0;
  state.exitInfo1 = 0;
  state.exitInfo2 = 0;
  state.exitNextRip = 0;
  forgetRepeat(state);
}

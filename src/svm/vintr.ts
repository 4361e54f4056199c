/**
 * Virtual interrupts: V_IRQ, its priority against V_TPR, and what masks them (APM vol 2 §15.21.1 to §15.21.4).
 *
 * This processor has no local APIC: while V_INTR_MASKING is clear, CR8 in the guest is V_TPR alone, and the pin for
 * physical interrupts is not filtered by priority.
 */
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { VirtualInterrupt, VirtualInterruptShift, VmcbOffset } from '../../assembly/abi/vmcb-layout.js';
import type { GuestState } from './guest-state.js';
import { CleanBit, type Vmcb } from './vmcb.js';

export interface VirtualInterruptRequest {
  readonly vector: number;
  /** V_INTR_PRIO, 0 to 15; the vector's upper half unless said otherwise. */
  readonly priority?: number;
  /** V_IGN_TPR: whatever V_TPR says. */
  readonly ignoresTpr?: boolean;
}

// Hypervisor side.

/** Sets V_IRQ: the guest takes the vector as soon as IF, GIF, shadow and priority allow. */
export function requestInterrupt(vmcb: Vmcb, request: VirtualInterruptRequest): void {
  const kept = ~(VirtualInterrupt.Priority | VirtualInterrupt.IgnoreTpr);
  const priority = (request.priority ?? request.vector >> 4) << VirtualInterruptShift.Priority;
  const ignore = request.ignoresTpr === true ? VirtualInterrupt.IgnoreTpr : 0;
  const control = vmcb.word(VmcbOffset.VirtualInterrupt) & kept;
  vmcb.setWord(VmcbOffset.VirtualInterrupt, control | VirtualInterrupt.Irq | priority | ignore);
  const upper = VmcbOffset.VirtualInterrupt + 4;
  vmcb.setWord(upper, (vmcb.word(upper) & ~0xff) | request.vector);
  vmcb.markDirty(CleanBit.VirtualInterrupt);
}

/** Clears V_IRQ. */
export function cancelInterrupt(vmcb: Vmcb): void {
  const control = vmcb.word(VmcbOffset.VirtualInterrupt);
  vmcb.setWord(VmcbOffset.VirtualInterrupt, control & ~VirtualInterrupt.Irq);
  vmcb.markDirty(CleanBit.VirtualInterrupt);
}

export function isInterruptPending(vmcb: Vmcb): boolean {
  return (vmcb.word(VmcbOffset.VirtualInterrupt) & VirtualInterrupt.Irq) !== 0;
}

/** V_INTR_MASKING: the guest's IF and CR8 no longer gate physical interrupts. */
export function maskInterruptsVirtually(vmcb: Vmcb, isVirtual: boolean): void {
  const control = vmcb.word(VmcbOffset.VirtualInterrupt);
  const masking = VirtualInterrupt.Masking;
  vmcb.setWord(VmcbOffset.VirtualInterrupt, isVirtual ? control | masking : control & ~masking);
  vmcb.markDirty(CleanBit.VirtualInterrupt);
}

// Processor side.

export function isVirtualInterruptWaiting(state: GuestState): boolean {
  return state.virtualIrqPending !== 0;
}

/** V_INTR_PRIO above V_TPR, unless V_IGN_TPR (§15.21.4). */
export function outranksTpr(state: GuestState): boolean {
  return state.virtualIrqIgnoreTpr !== 0 || state.virtualIrqPriority > state.cr8;
}

/** The guest's own IF, which gates virtual interrupts always. */
export function isGuestInterruptible(state: GuestState): boolean {
  return (state.systemFlags & Rflags.If) !== 0;
}

/** The IF that gates physical interrupts: under V_INTR_MASKING the host's, as it was at VMRUN (§15.21.1). */
export function isPhysicallyInterruptible(state: GuestState): boolean {
  if (state.virtualInterruptMasking === 0) return isGuestInterruptible(state);
  return state.hostInterruptFlag !== 0;
}

/** The virtual interrupt is taken: V_IRQ drops before the IDT is read. Its vector. */
export function acknowledgeVirtualInterrupt(state: GuestState): number {
  state.virtualIrqPending = 0;
  return state.virtualIrqVector;
}

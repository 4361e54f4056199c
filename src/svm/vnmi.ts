/**
 * NMI virtualization (APM vol 2 §15.21.10).
 *
 * Three bits of VMCB 060h and the rules that move them. This file is the only one that knows the rules, but for one
 * that executes in the core: an IRET that completes clears the mask.
 */
import { EventField, VirtualInterrupt, VmcbOffset } from '../../assembly/abi/vmcb-layout.js';
import { EventType, Vector } from '../../assembly/abi/vector.js';
import type { GuestState } from './guest-state.js';
import { CUT_INJECTION_UNMASKS } from './rulings.js';
import { CleanBit, type Vmcb } from './vmcb.js';

/** Software sets it to request an NMI; the processor clears it when it takes the NMI. */
export const V_NMI = BigInt(VirtualInterrupt.Nmi);
/** The guest is inside an NMI handler: set by delivery, cleared by IRET. */
export const V_NMI_MASK = BigInt(VirtualInterrupt.NmiMask);
/** Turns the other two on. Requires the NMI intercept, or VMRUN fails. */
export const V_NMI_ENABLE = BigInt(VirtualInterrupt.NmiEnable);

/** EXITINTINFO, low half, of a delivery of an NMI that an exit cut short. */
const NMI_IN_DELIVERY = (EventField.Valid | (EventType.Nmi << EventField.TypeShift) | Vector.Nmi) >>> 0;

// Hypervisor side.

/** Turns virtual NMIs on. The NMI intercept must be set too. */
export function enableVirtualNmi(vmcb: Vmcb): void {
  change(vmcb, VirtualInterrupt.NmiEnable, true);
}

/** Asks for one virtual NMI. Requests do not queue; two are one. */
export function requestNmi(vmcb: Vmcb): void {
  change(vmcb, VirtualInterrupt.Nmi, true);
}

/** A request that the guest has not taken yet. */
export function isNmiPending(vmcb: Vmcb): boolean {
  return (vmcb.word(VmcbOffset.VirtualInterrupt) & VirtualInterrupt.Nmi) !== 0;
}

/** The guest is in an NMI handler. */
export function isNmiMasked(vmcb: Vmcb): boolean {
  return (vmcb.word(VmcbOffset.VirtualInterrupt) & VirtualInterrupt.NmiMask) !== 0;
}

export function setNmiMask(vmcb: Vmcb, isMasked: boolean): void {
  change(vmcb, VirtualInterrupt.NmiMask, isMasked);
}

function change(vmcb: Vmcb, bit: number, isSet: boolean): void {
  const control = vmcb.word(VmcbOffset.VirtualInterrupt);
  vmcb.setWord(VmcbOffset.VirtualInterrupt, isSet ? control | bit : control & ~bit);
  vmcb.markDirty(CleanBit.VirtualInterrupt);
}

// Processor side.

/** A virtual NMI waits to be taken. GIF and shadow are next-event.ts's business. */
export function isVirtualNmiWaiting(state: GuestState): boolean {
  return state.virtualNmiEnabled !== 0 && state.virtualNmiPending !== 0;
}

/** What holds a waiting virtual NMI back until an IRET. */
export function isVirtualNmiMasked(state: GuestState): boolean {
  return state.virtualNmiMask !== 0;
}

/** A virtual NMI is taken: it is no longer pending, and later ones wait. Before the IDT is read. */
export function acknowledgeVirtualNmi(state: GuestState): void {
  state.virtualNmiPending = 0;
  state.virtualNmiMask = 1;
}

/** EVENTINJ delivers an NMI: it masks like any other, but uses up no request. */
export function maskByInjection(state: GuestState): void {
  if (state.virtualNmiEnabled !== 0) state.virtualNmiMask = 1;
}

/**
 * A #VMEXIT has been written: if it cut the delivery of an NMI short, the guest is not in its handler. The NMI is in
 * EXITINTINFO alone; V_NMI stays clear.
 */
export function unmaskAfterCutDelivery(vmcb: Vmcb, wasInjected: boolean): void {
  // EVENTINJ may have asked for an error code with the NMI; it is an NMI still.
  const event = vmcb.word(VmcbOffset.ExitIntInfo) & ~EventField.HasCode;
  if (event >>> 0 !== NMI_IN_DELIVERY) return;
  if (wasInjected && !CUT_INJECTION_UNMASKS) return;
  const control = vmcb.word(VmcbOffset.VirtualInterrupt);
  if ((control & VirtualInterrupt.NmiEnable) === 0) return;
  vmcb.setWord(VmcbOffset.VirtualInterrupt, control & ~VirtualInterrupt.NmiMask);
}

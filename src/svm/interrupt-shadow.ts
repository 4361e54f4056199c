/** The interrupt shadow: one instruction during which interrupts wait (APM vol 2 §15.21.5). */
import { VmcbOffset } from '../../assembly/abi/vmcb-layout.js';
import type { GuestState } from './guest-state.js';
import type { ReadonlyVmcb, Vmcb } from './vmcb.js';

/** INTERRUPT_SHADOW, VMCB 068h bit 0. STI and MOV SS share it. */
const INTERRUPT_SHADOW = 1;

/** Hypervisor side: whether the guest's next instruction is in a shadow. */
export function isInShadow(vmcb: ReadonlyVmcb): boolean {
  return (vmcb.word(VmcbOffset.InterruptShadow) & INTERRUPT_SHADOW) !== 0;
}

export function setShadow(vmcb: Vmcb, isShadowed: boolean): void {
  const rest = vmcb.word(VmcbOffset.InterruptShadow) & ~INTERRUPT_SHADOW;
  vmcb.setWord(VmcbOffset.InterruptShadow, rest | (isShadowed ? INTERRUPT_SHADOW : 0));
}

/** Processor side: the boundary is inside a shadow. */
export function holdsInterrupts(state: GuestState): boolean {
  return state.shadow !== 0;
}

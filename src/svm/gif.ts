/** The global interrupt flag and its virtual double (APM vol 2 §15.17, §15.33). */
import { VirtualInterrupt, VmcbOffset } from '../../assembly/abi/vmcb-layout.js';
import type { GuestState } from './guest-state.js';
import { CleanBit, type Vmcb } from './vmcb.js';

/** Hypervisor side: gives the guest a GIF of its own, set. Its STGI and CLGI then move that alone. */
export function enableVirtualGif(vmcb: Vmcb): void {
  const control = vmcb.word(VmcbOffset.VirtualInterrupt);
  vmcb.setWord(VmcbOffset.VirtualInterrupt, control | VirtualInterrupt.GifEnable | VirtualInterrupt.Gif);
  vmcb.markDirty(CleanBit.VirtualInterrupt);
}

/** Hypervisor side: the virtual GIF as the guest left it; true where there is none. */
export function isVirtualGifSet(vmcb: Vmcb): boolean {
  const control = vmcb.word(VmcbOffset.VirtualInterrupt);
  return (control & VirtualInterrupt.GifEnable) === 0 || (control & VirtualInterrupt.Gif) !== 0;
}

/** Processor side: physical NMI and INTR may be recognized. */
export function admitsPhysicalEvents(state: GuestState): boolean {
  return state.gif !== 0;
}

/** Processor side: virtual NMI and INTR may be recognized. The virtual GIF masks nothing else. */
export function admitsVirtualEvents(state: GuestState): boolean {
  if (state.gif === 0) return false;
  return state.virtualGifEnabled === 0 || state.virtualGif !== 0;
}

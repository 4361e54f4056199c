/**
 * Whose translations the TLB holds, from one VMRUN to the next (APM vol 2 §15.16).
 */
import { TlbControl, VmcbOffset } from './abi/vmcb-layout';
import { CpuState } from './state';
import { flushTlb } from './tlb';

/** What the translations in the TLB depend on, as the last guest left it. */
@unmanaged
class TlbContext {
  asid: u32;
  nestedPaging: u32;
  cr0: u64;
  cr3: u64;
  cr4: u64;
  efer: u64;
  nestedCr3: u64;
  hostEfer: u64;
}

/** Where it is and how large, for checkpoints. */
export const TLB_CONTEXT_ADDRESS: u32 = <u32>memory.data(offsetof<TlbContext>(), 8);
export const TLB_CONTEXT_BYTES: u32 = offsetof<TlbContext>();

const TLB_CONTEXT = changetype<TlbContext>(TLB_CONTEXT_ADDRESS);

/**
 * The TLB tag of guests. One guest has the TLB at a time: another ASID flushes it, so that the number of ASIDs is not
 * bounded by the tag's width and a translation can never serve the wrong guest.
 */
const GUEST_TAG: u32 = 1;

/** The TLB tag of the host. */
export const HOST_TAG: u32 = 0;

/**
 * TLB_CONTROL, and what software may rely on without it: a VMCB whose translation controls changed outside of the
 * guest, or another guest, never meets old entries. Flushing more than asked is always allowed (§15.16.2).
 */
export function settleTlb(state: CpuState, vmcb: u32): void {
  const asid = load<u32>(vmcb, VmcbOffset.GuestAsid);
  const command = load<u8>(vmcb, VmcbOffset.TlbControl);
  if (command != TlbControl.Nothing || asid != TLB_CONTEXT.asid || hasContextChanged(state)) flushTlb();
  TLB_CONTEXT.asid = asid;
  state.asid = GUEST_TAG;
}

function hasContextChanged(state: CpuState): bool {
  const last = TLB_CONTEXT;
  if (last.cr0 != state.cr0 || last.cr3 != state.cr3 || last.cr4 != state.cr4) return true;
  if (last.nestedPaging != state.nestedPaging || last.nestedCr3 != state.nestedCr3) return true;
  return last.efer != state.efer || last.hostEfer != state.hostEfer;
}

/** Notes under which controls the guest that is leaving has filled the TLB. */
export function rememberTlbContext(state: CpuState): void {
  const last = TLB_CONTEXT;
  last.cr0 = state.cr0;
  last.cr3 = state.cr3;
  last.cr4 = state.cr4;
  last.efer = state.efer;
  last.nestedPaging = state.nestedPaging;
  last.nestedCr3 = state.nestedCr3;
  last.hostEfer = state.hostEfer;
}

/**
 * The registers of a guest that is entered, as a VMCB would hold them: for debuggers, which look at and change a guest
 * between two of its instructions without a #VMEXIT.
 *
 * The same code as VMRUN's and #VMEXIT's moves them, so a register that is written here is what VMRUN would have loaded.
 */
import { VMCB_BYTES } from './abi/vmcb-layout';
import { updateMode } from './mode';
import { loadGuestState, loadSharedState, storeGuestState, storeSharedState } from './save-area';
import { cpu } from './state';
import { flushTlb } from './tlb';

const IMAGE = <u32>memory.data(4096, 16);

/** Where the image is, `VMCB_BYTES` long; only its state save area is used. */
export const GUEST_IMAGE_ADDRESS: u32 = IMAGE;

/** Writes the guest's registers to the image. */
export function storeGuestImage(): void {
  const state = cpu();
  memory.fill(IMAGE, 0, VMCB_BYTES);
  storeSharedState(state, IMAGE);
  storeGuestState(state, IMAGE);
}

/** Takes the guest's registers from the image; translations that may depend on them are forgotten. */
export function loadGuestImage(): void {
  const state = cpu();
  loadSharedState(state, IMAGE);
  loadGuestState(state, IMAGE);
  flushTlb();
  updateMode();
}

/** What IRET takes of a flags image (APM vol 3, IRET). */
import { Rflags } from './abi/processor-bits';
import { setRflags } from './flags';
import { cpu } from './state';

/** Flags that any IRET pops at any level. */
export const PLAIN: u64 = Rflags.Status | Rflags.Tf | Rflags.Df | Rflags.Nt;
/** And those that only a 32- or 64-bit image has. */
export const WIDE: u64 = Rflags.Rf | Rflags.Ac | Rflags.Id;

/** What the present privilege may pop from an image of 1 << `width` bytes. */
export function poppableFlags(width: u32): u64 {
  const state = cpu();
  const iopl = (state.systemFlags & Rflags.Iopl) >> 12;
  let mask: u64 = PLAIN | (width == 1 ? 0 : WIDE);
  if (state.cpl <= iopl) mask |= Rflags.If;
  if (state.cpl == 0) mask |= Rflags.Iopl | (width == 1 ? 0 : Rflags.Vif | Rflags.Vip);
  return mask;
}

/** @param mask What is popped; the status flags always are. */
export function popFlags(image: u64, mask: u64): void {
  setRflags(((<u64>cpu().systemFlags) & ~mask) | (image & mask));
}

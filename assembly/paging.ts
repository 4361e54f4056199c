/** Linear to physical translation (APM vol 2 §5). */
import { Access } from './tlb';

/**
 * Walks the page tables for one address; sets accessed and dirty bits.
 *
 * @param isUser The access is made at user privilege.
 * @param isSmapSuspended RFLAGS.AC exempts this access from SMAP.
 * @returns The system-physical address (after nested paging). Aborts with #PF or a nested page fault.
 */
export function translate(linear: u64, access: Access, isUser: bool, isSmapSuspended: bool): u64 {
  return linear;
}

/**
 * Linear to physical translation: what a TLB miss does (APM vol 2 §5).
 *
 * Under nested paging the addresses in the guest's tables, and what comes out of them, are guest-physical and go
 * through nested-paging.ts, in the order of §15.25.6: the entry's own address, the entry, and after the last level
 * the access. Accessed and dirty bits are set when the guest's tables grant the access, before its nested walk.
 */
import { Access } from './abi/access';
import { PageEntry } from './abi/page-table';
import { Cr0, Cr4, PageFault } from './abi/processor-bits';
import { isAborted, raisePageFault } from './fault';
import { translateAccess, translateTable } from './nested-paging';
import { isNestedHit } from './nested-tlb';
import {
  beginWalk,
  markUsed,
  NO_EXECUTE,
  pageFormat,
  reportsFetches,
  slotAddress,
  Step,
  TableWalk,
  translatedAddress,
  visit,
} from './page-table';
import { cpu } from './state';
import { rememberPath, resumeWalk } from './walk-path';

const WALK = changetype<TableWalk>(memory.data(offsetof<TableWalk>(), 8));

/**
 * Walks the page tables for one address; sets accessed and dirty bits.
 *
 * PAE paging reads its four PDPTEs from memory at every walk. Under nested paging the manual says so (§15.25.10);
 * without it the processor keeps what it read at the load of CR3, which differs only for software that changes a
 * PDPTE and does not reload CR3.
 *
 * @param isUser The access is made at user privilege.
 * @param isSmapSuspended RFLAGS.AC exempts this access from SMAP.
 * @returns The system-physical address (after nested paging). Aborts with #PF or a nested page fault.
 */
export function translate(linear: u64, access: Access, isUser: bool, isSmapSuspended: bool): u64 {
  const state = cpu();
  if ((state.cr0 & (<u64>(<u32>Cr0.Pg))) == 0) return systemPhysical(linear & 0xffffffff, access);
  const format = pageFormat(state.cr4, state.efer);
  let step = Step.Descend;
  if (resumeWalk(WALK, linear, state.cr3, format)) step = visit(WALK, slotAddress(WALK, linear));
  const isShort = step != Step.Descend;
  if (!isShort) {
    beginWalk(WALK, state.cr3, format);
    step = findLeaf(linear);
    if (isAborted()) return aborted(access);
  }
  if (step == Step.NotPresent) return pageFault(linear, access, isUser, 0);
  if (step == Step.Reserved) {
    return pageFault(linear, access, isUser, PageFault.Present | PageFault.Reserved);
  }
  if (isDenied(WALK.common, WALK.any, access, isUser, isSmapSuspended)) {
    return pageFault(linear, access, isUser, PageFault.Present);
  }
  markUsed(WALK, access == Access.Write);
  if (!isShort) rememberPath(WALK, linear, state.cr3);
  return systemPhysical(translatedAddress(WALK, linear), access);
}

/**
 * After a translation for a read: whether a write would get the same one and find the dirty bits set, in the guest's tables and
 * in the nested ones.
 */
export function isWritableToo(linear: u64, isUser: bool): bool {
  const state = cpu();
  let physical = linear & 0xffffffff;
  if ((state.cr0 & (<u64>(<u32>Cr0.Pg))) != 0) {
    if ((WALK.entry & PageEntry.Dirty) == 0 || isDenied(WALK.common, WALK.any, Access.Write, isUser, false))
      return false;
    physical = translatedAddress(WALK, linear);
  }
  return state.nestedPaging == 0 || isNestedHit(physical, Access.Write);
}

function systemPhysical(physical: u64, access: Access): u64 {
  if (cpu().nestedPaging == 0) return physical;
  const translated = translateAccess(physical, access);
  return isAborted() ? aborted(access) : translated;
}

/** Goes down the tables to the page of `linear`. Aborts if the nested tables deny a table. */
function findLeaf(linear: u64): Step {
  const isNested = cpu().nestedPaging != 0;
  let step = Step.Descend;
  while (step == Step.Descend) {
    let slot = slotAddress(WALK, linear);
    if (isNested) {
      slot = translateTable(slot);
      if (isAborted()) return Step.NotPresent;
    }
    step = visit(WALK, slot);
  }
  return step;
}

/**
 * Page protection (§5.6). Where EFER.NXE is clear, NX is reserved and did not come this far.
 *
 * @param common AND of the entries on the way.
 * @param any OR of them.
 */
export function isDenied(common: u64, any: u64, access: Access, isUser: bool, isSmapSuspended: bool): bool {
  const state = cpu();
  const isUserPage = (common & PageEntry.User) != 0;
  if (isUser && !isUserPage) return true;
  const isUserPageOfOther = isUserPage && !isUser;
  if (access == Access.Fetch) {
    return (any & NO_EXECUTE) != 0 || (isUserPageOfOther && (state.cr4 & Cr4.Smep) != 0);
  }
  if (isUserPageOfOther && (state.cr4 & Cr4.Smap) != 0 && !isSmapSuspended) return true;
  const needsWrite = access == Access.Write && (isUser || (state.cr0 & Cr0.Wp) != 0);
  return needsWrite && (common & PageEntry.Write) == 0;
}

/** @param reason Whether an entry was there, and whether it was ill-formed: `PageFault` bits. */
function pageFault(linear: u64, access: Access, isUser: bool, reason: u32): u64 {
  const state = cpu();
  let code = reason;
  if (access == Access.Write) code |= PageFault.Write;
  if (isUser) code |= PageFault.User;
  if (access == Access.Fetch && reportsFetches(state.cr4, state.efer)) code |= PageFault.Fetch;
  raisePageFault(linear, code);
  return aborted(access);
}

/** Notes whether it was a fetch that faulted; the error code does not always say. */
function aborted(access: Access): u64 {
  cpu().isFetchFault = access == Access.Fetch ? 1 : 0;
  return 0;
}

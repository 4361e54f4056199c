/**
 * Misses of the TLB, the short way: the way to the last table is known (walk-path.ts), the entry there grants the access and stores
 * as well and has its accessed and dirty bits set, and the nested tables have been asked about its page. What that puts into the TLB
 * is what the general way (memory.ts, paging.ts) would. All else is declined with nothing changed, and goes the general way.
 */
import { Access } from './abi/access';
import { PageEntry } from './abi/page-table';
import { Cr0, Cr4 } from './abi/processor-bits';
import { pageHoldsCode } from './code-lines';
import { isNestedHit, nestedHit } from './nested-tlb';
import { ENTRY_ADDRESS, PageFormat, pageFormat, readEntry, reservedInLast } from './page-table';
import { cpu, CpuState } from './state';
import { CAREFUL_BANK, isReplaceable, replaceEntry, tlbEntry, tlbTag, USER_BANK } from './tlb';
import { GRANULE, knownPath, Path } from './walk-path';

const PAGE: u64 = 4096;
/** Instead of an entry or a page: declined. */
const NONE: u64 = ~(<u64>0);

/** Wasm address of the `bytes` bytes from `linear` on, for an access that has missed the TLB; 0: declined. */
export function missedHost(linear: u64, bytes: u32, access: Access): u32 {
  const state = cpu();
  const bank = state.tlbBank;
  if (bank == CAREFUL_BANK || (linear & (PAGE - 1)) + bytes > PAGE) return 0;
  const entry = tlbEntry(bank, linear);
  const tag = tlbTag(linear, 1);
  // What the TLB has is used even if the tables have changed since.
  if ((state.cr0 & (<u64>(<u32>Cr0.Pg))) == 0 || !isReplaceable(entry, tag)) return 0;
  const format = pageFormat(state.cr4, state.efer);
  const known = knownPath(linear, state.cr3, format);
  if (known == 0) return 0;
  const path = changetype<Path>(known);
  const isWrite = access == Access.Write;
  const leaf = grantingLeaf(state, path, linear, format, isWrite);
  if (leaf == NONE) return 0;
  let page = path.level == 1 ? leaf & ENTRY_ADDRESS : path.granule | (linear & (GRANULE - PAGE));
  let isStored: bool = isWrite || (leaf & PageEntry.Dirty) != 0;
  if (state.nestedPaging != 0) {
    if (!isNestedHit(page, access)) return 0;
    if (isStored && !isWrite) isStored = isNestedHit(page, Access.Write);
    page = nestedHit(page);
  }
  return replaceEntry(entry, tag, page, pageHoldsCode(<u32>page), isStored, isWrite)
    ? state.memoryBase + <u32>(page | (linear & (PAGE - 1)))
    : 0;
}

/** The entry that maps `linear`, if it grants loads and stores and need not be marked; else `NONE`. */
function grantingLeaf(state: CpuState, path: Path, linear: u64, format: u32, isWrite: bool): u64 {
  const isLast = path.level == 1;
  const leaf = readEntry(isLast ? slotInLast(path, linear, format) : path.leafSlot, format);
  const isKnown = isLast
    ? (leaf & reservedInLast(format)) == 0
    : ((leaf ^ path.leaf) & ~(<u64>PageEntry.Dirty)) == 0;
  const needed: u64 = PageEntry.Present | PageEntry.Accessed | (isWrite ? PageEntry.Dirty : 0);
  if (!isKnown || (leaf & needed) != needed) return NONE;
  const rights = path.common & leaf;
  if ((rights & PageEntry.Write) == 0) return NONE;
  const isUser = state.tlbBank == USER_BANK;
  if ((rights & PageEntry.User) == 0) return isUser ? NONE : leaf;
  return isUser || (state.cr4 & Cr4.Smap) == 0 ? leaf : NONE;
}

function slotInLast(path: Path, linear: u64, format: u32): u64 {
  const number = linear >> 12;
  const isLegacy = (format & PageFormat.Levels) == PageFormat.Legacy;
  return path.table + (isLegacy ? (number & 0x3ff) << 2 : (number & 0x1ff) << 3);
}

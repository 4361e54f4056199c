/**
 * Page tables of every format, one entry at a time (APM vol 2 §5.2, §5.3).
 *
 * The guest's walk (paging.ts) and the nested walk (nested-paging.ts) differ in where a table is and in what a denied
 * access does. How an entry is found, what it must not contain and what it leads to is the same for both, and is here.
 */
import { PageEntry, PDPTE_RESERVED_LOW } from './abi/page-table';
import { Cr4, Efer, PHYSICAL_ADDRESS_BITS } from './abi/processor-bits';
import { readPhysical, writePhysical } from './physical-memory';

/** A format: the number of its levels in bits 2:0, and what the control registers enable. */
export enum PageFormat {
  Levels = 7,
  /** 32-bit: 1,024 entries of 4 bytes a table. */
  Legacy = 2,
  Pae = 3,
  Long = 4,
  /** EFER.NXE: bit 63 of an entry forbids fetches; otherwise it is reserved. */
  NoExecute = 8,
  /** CR4.PSE: 32-bit directories may map 4 MiB pages. */
  LargePages = 16,
}

/** What one entry says. */
export enum Step {
  Descend,
  /** It maps a page. */
  Leaf,
  NotPresent,
  /** A reserved bit is set. */
  Reserved,
}

/** A walk under way, or at its end. */
@unmanaged
export class TableWalk {
  /** Physical address of the table to look into next; after a leaf, of the page. */
  table: u64;
  /** AND of the entries used: a right holds if every level grants it. */
  common: u64;
  /** OR of the entries used: NX at any level forbids fetches. */
  any: u64;
  /** `common` and `any` without the entry used last. */
  upper: u64;
  upperAny: u64;
  /** The entry used last. */
  entry: u64;
  /** Level of the table to look into next, 1 = last; after a leaf, the leaf's. */
  level: u32;
  /** A `PageFormat`. */
  format: u32;
  // Physical addresses of the entries used, by level.
  slot1: u64;
  slot2: u64;
  slot3: u64;
  slot4: u64;
}

export const NO_EXECUTE: u64 = (<u64>1) << 63;
export const ENTRY_ADDRESS: u64 = (((<u64>1) << PHYSICAL_ADDRESS_BITS) - 1) & ~(<u64>0xfff);
/** Address bits above the physical width. Long mode leaves bits 62:52 to software, PAE does not (§5.2.3, §5.3.3). */
const LONG_RESERVED: u64 = (((<u64>1) << 52) - 1) & ~(ENTRY_ADDRESS | 0xfff);
const PAE_RESERVED: u64 = ~(NO_EXECUTE | ENTRY_ADDRESS | 0xfff);
/** Bit 63 of a PDPTE is reserved too: it has no NX. */
const PDPTE_RESERVED: u64 = PAE_RESERVED | NO_EXECUTE | PDPTE_RESERVED_LOW;
/** PML4E bits 8:7 (Figure 5-19). */
const PML4E_RESERVED: u64 = 0x180;
/** Below the page's address in an entry for a large page; bit 12 is PAT. */
const RESERVED_IN_1G: u64 = 0x3fffe000;
const RESERVED_IN_2M: u64 = 0x1fe000;
/** Bits 20:13 of a 4 MiB entry are address bits 39:32 (Figure 5-6). */
const RESERVED_IN_4M: u64 = 0x200000;

/** The format that these control registers select, given that paging is on. */
export function pageFormat(cr4: u64, efer: u64): u32 {
  if ((cr4 & Cr4.Pae) == 0) return PageFormat.Legacy | ((cr4 & Cr4.Pse) != 0 ? PageFormat.LargePages : 0);
  const levels: u32 = (efer & Efer.Lma) != 0 ? PageFormat.Long : PageFormat.Pae;
  const noExecute: u32 = (efer & Efer.Nxe) != 0 ? PageFormat.NoExecute : 0;
  return levels | noExecute | PageFormat.LargePages;
}

/** Whether page-fault error codes tell fetches from reads: only where something can forbid a fetch (§8.4.2). */
export function reportsFetches(cr4: u64, efer: u64): bool {
  return (cr4 & Cr4.Smep) != 0 || ((cr4 & Cr4.Pae) != 0 && (efer & Efer.Nxe) != 0);
}

/** Starts a walk at the root that `cr3` names. */
export function beginWalk(walk: TableWalk, cr3: u64, format: u32): void {
  const levels = format & PageFormat.Levels;
  walk.format = format;
  walk.level = levels;
  walk.common = ~(<u64>0);
  walk.any = 0;
  if (levels == PageFormat.Long) walk.table = cr3 & ENTRY_ADDRESS;
  else walk.table = cr3 & (levels == PageFormat.Pae ? 0xffffffe0 : 0xfffff000);
}

/** Address, in the walk's own space, of the entry for `address` in the next table. */
export function slotAddress(walk: TableWalk, address: u64): u64 {
  const index = address >> pageShift(walk);
  if (isLegacy(walk)) return walk.table + ((index & 0x3ff) << 2);
  const isPdpte = walk.level == 3 && (walk.format & PageFormat.Levels) == PageFormat.Pae;
  return walk.table + ((index & (isPdpte ? 3 : 0x1ff)) << 3);
}

/** Uses the entry at `slot`, which is system-physical. */
export function visit(walk: TableWalk, slot: u64): Step {
  const entry = readEntry(slot, walk.format);
  if ((entry & PageEntry.Present) == 0) return Step.NotPresent;
  const level = walk.level;
  const isLarge =
    level > 1 && (entry & PageEntry.PageSize) != 0 && (walk.format & PageFormat.LargePages) != 0;
  if ((entry & reservedBits(walk, isLarge)) != 0) return Step.Reserved;
  walk.entry = entry;
  store<u64>(changetype<usize>(walk) + (level << 3), slot, offsetof<TableWalk>('slot1') - 8);
  walk.upper = walk.common;
  walk.upperAny = walk.any;
  const hasRights = level != 3 || (walk.format & PageFormat.Levels) != PageFormat.Pae;
  if (hasRights) {
    walk.common &= entry;
    walk.any |= entry;
  }
  if (level == 1 || isLarge) {
    walk.table = pageAddress(walk, entry);
    return Step.Leaf;
  }
  walk.table = isLegacy(walk) ? entry & 0xfffff000 : entry & ENTRY_ADDRESS;
  walk.level = level - 1;
  return Step.Descend;
}

/** After a leaf: the physical address that `address` is at. */
export function translatedAddress(walk: TableWalk, address: u64): u64 {
  return walk.table | (address & (((<u64>1) << pageShift(walk)) - 1));
}

/** After a leaf: sets the accessed bits of the entries used and, for a write, the page's dirty bit (§5.4.1). */
export function markUsed(walk: TableWalk, isWrite: bool): void {
  const leafBits: u32 = PageEntry.Accessed | (isWrite ? PageEntry.Dirty : 0);
  if ((walk.upper & PageEntry.Accessed) == 0) markUpper(walk);
  if (((<u32>walk.entry) & leafBits) != leafBits) setBits(slotOf(walk, walk.level), leafBits);
}

/** Sets the accessed bits above the leaf. */
function markUpper(walk: TableWalk): void {
  const levels = walk.format & PageFormat.Levels;
  // The PDPTEs of PAE paging have no accessed bit.
  const top: u32 = levels == PageFormat.Pae ? 2 : levels;
  for (let level = top; level > walk.level; level--) setBits(slotOf(walk, level), PageEntry.Accessed);
}

/** Whether one of the four PDPTEs that `cr3` names has a reserved bit set, which a load of CR3 answers with #GP. */
export function hasReservedPdpte(cr3: u64): bool {
  for (let i: u64 = 0; i < 4; i++) {
    const entry = readPhysical<u64>((cr3 & 0xffffffe0) + (i << 3));
    if ((entry & PageEntry.Present) != 0 && (entry & PDPTE_RESERVED) != 0) return true;
  }
  return false;
}

/** The entry at a system-physical address. */
export function readEntry(slot: u64, format: u32): u64 {
  return (format & PageFormat.Levels) == PageFormat.Legacy
    ? readPhysical<u32>(slot)
    : readPhysical<u64>(slot);
}

function isLegacy(walk: TableWalk): bool {
  return (walk.format & PageFormat.Levels) == PageFormat.Legacy;
}

/** log2 of the bytes that one entry of the walk's level maps. */
function pageShift(walk: TableWalk): u64 {
  return 12 + <u64>((walk.level - 1) * (isLegacy(walk) ? 10 : 9));
}

function reservedBits(walk: TableWalk, isLarge: bool): u64 {
  const level = walk.level;
  if (isLegacy(walk)) return isLarge ? RESERVED_IN_4M : 0;
  if (level == 3 && (walk.format & PageFormat.Levels) == PageFormat.Pae) return PDPTE_RESERVED;
  let bits = reservedInLast(walk.format);
  if (level == 4) bits |= PML4E_RESERVED;
  else if (isLarge) bits |= level == 3 ? RESERVED_IN_1G : RESERVED_IN_2M;
  return bits;
}

/** Bits that are reserved in entries of the last table. */
export function reservedInLast(format: u32): u64 {
  const levels = format & PageFormat.Levels;
  if (levels == PageFormat.Legacy) return 0;
  const bits = levels == PageFormat.Pae ? PAE_RESERVED : LONG_RESERVED;
  return (format & PageFormat.NoExecute) == 0 ? bits | NO_EXECUTE : bits;
}

/** Physical address of the page that a leaf maps. */
function pageAddress(walk: TableWalk, entry: u64): u64 {
  if (!isLegacy(walk)) return entry & ENTRY_ADDRESS & ~(((<u64>1) << pageShift(walk)) - 1);
  if (walk.level == 1) return entry & 0xfffff000;
  return (entry & 0xffc00000) | (((entry >> 13) & 0xff) << 32);
}

/** System-physical address of the entry used at a level. */
export function slotOf(walk: TableWalk, level: u32): u64 {
  return load<u64>(changetype<usize>(walk) + (level << 3), offsetof<TableWalk>('slot1') - 8);
}

/** The bits are in the low byte, in entries of 4 bytes and of 8. */
function setBits(slot: u64, bits: u32): void {
  writePhysical<u8>(slot, readPhysical<u8>(slot) | (<u8>bits));
}

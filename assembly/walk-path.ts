/**
 * The ways that walks of the guest's tables have gone, down to the table with the leaf: direct mapped, by 2 MiB of addresses.
 *
 * A walk that finds its way here goes on at the last table. The entries above it are read again and have to be what they were,
 * so a way never says more than a walk would find; what it saves is to take them apart, and to look each table up in the
 * nested translations. Those it keeps as long as nested-tlb.ts does.
 */
import { PageEntry } from './abi/page-table';
import { isCanonical } from './canonical';
import { nestedEpoch } from './nested-tlb';
import { PageFormat, readEntry, slotOf, TableWalk, translatedAddress } from './page-table';
import { cpu } from './state';

@unmanaged
export class Path {
  /** The 2 MiB that it leads to, for whom, and a `PageFormat`; 0 if none. */
  tag: u64;
  /** The `nestedEpoch` whose translations it has. */
  epoch: u64;
  cr3: u64;
  /** System-physical address of the table that the leaf was in. */
  table: u64;
  /** AND and OR of the entries above it. */
  common: u64;
  any: u64;
  /** Level of the table. */
  level: u32;
  /** Of a large page, system-physical address of its leaf, what that held, and the physical address of the 2 MiB. */
  leafSlot: u64;
  leaf: u64;
  granule: u64;
  // System-physical addresses of the entries above it, by level, and what they held.
  slot2: u64;
  slot3: u64;
  slot4: u64;
  entry2: u64;
  entry3: u64;
  entry4: u64;
}

const PATH_SHIFT: u32 = 7;
const PATHS: u32 = 64;
/** Bytes of addresses that have one way. */
export const GRANULE: u64 = 0x200000;
const GRANULE_SHIFT: u64 = 21;
/** Where a tag has the ASID, above the format, and whether tables are looked up in nested ones. */
const TAG_ASID_SHIFT: u32 = 5;
const TAG_NESTED_SHIFT: u32 = 20;

const TABLE = <u32>memory.data(64 * 128, 64);

function pathOf(linear: u64): Path {
  return changetype<Path>(TABLE + (((<u32>(linear >> GRANULE_SHIFT)) & (PATHS - 1)) << PATH_SHIFT));
}

function tagOf(linear: u64, format: u32): u64 {
  const state = cpu();
  const owner = (state.asid << TAG_ASID_SHIFT) | (state.nestedPaging << TAG_NESTED_SHIFT);
  return (linear & ~(GRANULE - 1)) | (<u64>(owner | format));
}

/** The way to a linear address, if it is known and is still there; else 0. */
export function knownPath(linear: u64, cr3: u64, format: u32): u32 {
  const path = pathOf(linear);
  if (path.tag != tagOf(linear, format) || path.cr3 != cr3 || path.epoch != nestedEpoch) return 0;
  for (let level = format & PageFormat.Levels; level > path.level; level--)
    if (readEntry(slotAt(path, level), format) != entryAt(path, level)) return 0;
  return changetype<u32>(path);
}

/** Puts a walk before the last table of its way, whose address is then system-physical; false: the way is not known. */
export function resumeWalk(walk: TableWalk, linear: u64, cr3: u64, format: u32): bool {
  const known = knownPath(linear, cr3, format);
  if (known == 0) return false;
  const path = changetype<Path>(known);
  walk.format = format;
  walk.level = path.level;
  walk.table = path.table;
  walk.common = path.common;
  walk.any = path.any;
  return true;
}

/** Keeps the way of a walk that has come to a leaf which grants the access. */
export function rememberPath(walk: TableWalk, linear: u64, cr3: u64): void {
  // Who comes this way again need not look at the accessed bits above the last table, nor whether the address is canonical.
  if ((walk.upper & PageEntry.Accessed) == 0 || !isCanonical(linear)) return;
  const path = pathOf(linear);
  const format = walk.format;
  path.tag = tagOf(linear, format);
  path.epoch = nestedEpoch;
  path.cr3 = cr3;
  path.level = walk.level;
  path.table = slotOf(walk, walk.level) & ~(<u64>0xfff);
  path.leafSlot = slotOf(walk, walk.level);
  path.leaf = readEntry(path.leafSlot, format);
  path.granule = translatedAddress(walk, linear) & ~(GRANULE - 1);
  path.common = walk.upper;
  path.any = walk.upperAny;
  for (let level = format & PageFormat.Levels; level > walk.level; level--) {
    const slot = slotOf(walk, level);
    const at = changetype<usize>(path) + (level << 3);
    store<u64>(at, slot, offsetof<Path>('slot2') - 16);
    store<u64>(at, readEntry(slot, format), offsetof<Path>('entry2') - 16);
  }
}

function slotAt(path: Path, level: u32): u64 {
  return load<u64>(changetype<usize>(path) + (level << 3), offsetof<Path>('slot2') - 16);
}

function entryAt(path: Path, level: u32): u64 {
  return load<u64>(changetype<usize>(path) + (level << 3), offsetof<Path>('entry2') - 16);
}

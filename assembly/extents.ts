/**
 * Runs of pages that compiled code holds an address against instead of asking the TLB: pages one after another, in linear as in
 * physical memory, whose translations are all in the TLB, below or above 4 GiB. For loads there is the longest one, the one that the stack
 * is in, and those around a few addresses that have been asked for; for stores the same.
 *
 * Whatever takes such a translation out of the TLB, or from it the right to store, drops them all: what a run serves, the TLB
 * would have served (tlb.ts). Compiled code looks at `starts` at every access, and at the rest when it is entered: while it runs a
 * run may end or grow at its end, no more.
 */
import { Access } from './abi/access';
import { EXTENT_SPAN, ExtentSlot, NO_EXTENT } from './abi/extent';

@unmanaged
class Extent {
  first: u64;
  /** Bytes from `first` on at which an access may begin that ends within the run; 0: there is no run. */
  starts: u64;
  /** Wasm address = low half of the linear address + addend. */
  addend: u32;
  /** As `starts`, for accesses that others follow up to `EXTENT_SPAN` bytes behind; 0: there is no room for those. */
  spanStarts: u64;
}

const PAGE: u64 = 4096;
/** Bytes of the longest access, less one. */
const TAIL: u64 = 31;
const EXTENT_BYTES: u32 = 32;

const EXTENTS = <u32>memory.data(2 * 6 * 32, 8);

/** Where they are: those for loads by slot, those for stores by slot. */
export const EXTENTS_ADDRESS: u32 = EXTENTS;

/** Slots in use: the rest of them has no run. */
let slots: u32 = ExtentSlot.Chosen;

export function useSlots(count: u32): void {
  slots = count;
}

function extentOf(access: Access, slot: u32): Extent {
  const number = (access == Access.Write ? <u32>ExtentSlot.Count : 0) + slot;
  return changetype<Extent>(EXTENTS + number * EXTENT_BYTES);
}

/** The first slot whose run an access at that address would lie within, or `NO_EXTENT`. */
export function slotAround(access: Access, linear: u64): u32 {
  for (let slot: u32 = 0; slot < slots; slot++) {
    const extent = extentOf(access, slot);
    if (linear - extent.first < extent.starts) return slot;
  }
  return NO_EXTENT;
}

/** Neither loads nor stores have a run in that slot. */
export function isSlotEmpty(slot: u32): bool {
  return extentOf(Access.Read, slot).starts == 0 && extentOf(Access.Write, slot).starts == 0;
}

/** Wasm address of `bytes` bytes, at least one, from `linear` on, if they lie within a run; else 0. For compiled code: it is running. */
export function runHost(linear: u64, bytes: u32, access: Access): u32 {
  const slot = slotAround(access, linear);
  if (slot == NO_EXTENT) return 0;
  const extent = extentOf(access, slot);
  const room = extent.starts - (linear - extent.first) + TAIL;
  return <u64>bytes <= room ? <u32>linear + extent.addend : 0;
}

/** Whose translations the runs are. */
let ownBank: u32 = 0;
let ownAsid: u32 = 0;

/** The runs have not been dropped since they were looked for. */
export let hasExtents: bool = false;

/** Translations have come since the runs were looked for, or they have been dropped. */
export let areExtentsOld: bool = true;

export function areExtentsOf(bank: u32, asid: u32): bool {
  return ownBank == bank && ownAsid == asid;
}

function setBytes(extent: Extent, bytes: u64): void {
  extent.starts = max<u64>(bytes, TAIL) - TAIL;
  extent.spanStarts = max<u64>(bytes, TAIL + EXTENT_SPAN) - (TAIL + EXTENT_SPAN);
}

export function dropExtents(): void {
  areExtentsOld = true;
  if (!hasExtents) return;
  hasExtents = false;
  for (let slot: u32 = 0; slot < slots; slot++) {
    setBytes(extentOf(Access.Read, slot), 0);
    setBytes(extentOf(Access.Write, slot), 0);
  }
}

/** The runs are looked for anew: those of a bank and an ASID. */
export function beginExtents(bank: u32, asid: u32): void {
  dropExtents();
  ownBank = bank;
  ownAsid = asid;
  areExtentsOld = false;
  hasExtents = true;
}

/** A run is the `bytes` bytes from `first`. */
export function setExtent(access: Access, slot: u32, first: u64, bytes: u64, addend: u32): void {
  const extent = extentOf(access, slot);
  extent.first = first;
  setBytes(extent, bytes);
  extent.addend = addend;
}

/** A translation has come while there are no runs. */
export function outdateExtents(): void {
  areExtentsOld = true;
}

/** A translation for loads or stores has come. Runs that it follows grow. */
export function growExtents(bank: u32, asid: u32, page: u64, access: Access, addend: u32): void {
  areExtentsOld = true;
  if (!hasExtents || !areExtentsOf(bank, asid)) return;
  // An access may not pass 4 GiB: outside of 64-bit mode it would wrap.
  if (<u32>page == 0) return;
  for (let slot: u32 = 0; slot < slots; slot++) grow(extentOf(access, slot), page, addend);
}

function grow(extent: Extent, page: u64, addend: u32): void {
  if (extent.starts == 0 || extent.addend != addend) return;
  const bytes = extent.starts + TAIL;
  if (extent.first + bytes == page) setBytes(extent, bytes + PAGE);
}

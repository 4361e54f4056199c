/**
 * Runs of pages that compiled code holds an address against instead of asking the TLB: pages one after another, in linear as in
 * physical memory, whose translations are all in the TLB. There are four: for data and for the stack, for loads and for stores.
 *
 * Whatever takes such a translation out of the TLB, or from it the right to store, drops them all: what a run serves, the TLB
 * would have served (tlb.ts). Compiled code looks at `starts` at every access, and at the rest when it is entered: while it runs a
 * run may end or grow at its end, no more.
 */
import { Access } from './abi/access';

@unmanaged
class Extent {
  first: u64;
  /** Bytes from `first` on at which an access may begin that ends within the run; 0: there is no run. */
  starts: u64;
  /** Wasm address = low half of the linear address + addend. */
  addend: u32;
}

const PAGE: u64 = 4096;
/** Bytes of the longest access, less one. */
const TAIL: u64 = 31;
const EXTENT_BYTES: u32 = 24;

const EXTENTS = <u32>memory.data(4 * 24, 8);

/** Where they are: loads of data and of the stack, stores of data and of the stack. */
export const EXTENTS_ADDRESS: u32 = EXTENTS;

/** The run for data, and after it the one for the stack, for loads or for stores. */
function extentOf(access: Access, isStack: bool): Extent {
  const number: u32 = (access == Access.Write ? 2 : 0) + (isStack ? 1 : 0);
  return changetype<Extent>(EXTENTS + number * EXTENT_BYTES);
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

export function dropExtents(): void {
  areExtentsOld = true;
  if (!hasExtents) return;
  hasExtents = false;
  for (let i: u32 = 0; i < 4; i++) changetype<Extent>(EXTENTS + i * EXTENT_BYTES).starts = 0;
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
export function setExtent(access: Access, isStack: bool, first: u64, bytes: u64, addend: u32): void {
  const extent = extentOf(access, isStack);
  extent.first = first;
  extent.starts = bytes - TAIL;
  extent.addend = addend;
}

/** A translation for loads or stores has come. Runs that it follows grow. */
export function growExtents(bank: u32, asid: u32, page: u64, access: Access, addend: u32): void {
  areExtentsOld = true;
  if (!hasExtents || !areExtentsOf(bank, asid)) return;
  grow(extentOf(access, false), page, addend);
  grow(extentOf(access, true), page, addend);
}

function grow(extent: Extent, page: u64, addend: u32): void {
  if (extent.starts == 0 || extent.addend != addend) return;
  if (extent.first + extent.starts + TAIL == page) extent.starts += PAGE;
}

/** Finds in the TLB the runs of pages that compiled code uses (extents.ts). */
import { Access } from './abi/access';
import { ExtentSlot, NO_EXTENT } from './abi/extent';
import {
  areExtentsOf,
  areExtentsOld,
  beginExtents,
  dropExtents,
  hasExtents,
  isSlotEmpty,
  setExtent,
  slotAround,
  useSlots,
} from './extents';
import { cpu, CpuState, is64Bit } from './state';
import { CAREFUL_BANK, readTag, TLB_BANK_BYTES, TLB_ENTRY_BYTES, tlbHost, writeTag } from './tlb';

const PAGE: u64 = 4096;
/** Instructions between two searches, which take as long as a few thousand; more if what is found is dropped soon. */
const LEAST_INTERVAL: u64 = 200_000;
const LONGEST_INTERVAL: u64 = 10_000_000;
let interval: u64 = LEAST_INTERVAL;

const NEVER: u64 = ~(<u64>0);
/** The clock at the last search; `NEVER` makes the next one due. */
let searchClock: u64 = ~(<u64>0);

/** A run of entries, as it grows, and the bytes of the longest. */
let runFirst: u64 = 0;
let runEnd: u64 = 0;
let runAddend: u32 = 0;
let longest: u64 = 0;

/** The addresses that have been asked for, by slot from `ExtentSlot.Chosen` on. */
const CHOSEN = <u32>memory.data(4 * 8, 8);
let chosen: u32 = 0;

function chosenAddress(number: u32): u64 {
  return load<u64>(CHOSEN + (number << 3));
}

/**
 * The slot whose run serves an access at that address, for code that is compiled, or `NO_EXTENT`. If there is no such run one is
 * looked for from now on, if need be in place of one that is not there.
 */
export function chooseExtent(linear: u64, access: Access): u32 {
  const state = cpu();
  if (!hasExtents || !areExtentsOf(state.tlbBank, state.asid)) searchAll(state);
  const slot = slotAround(access, linear);
  if (slot != NO_EXTENT) return slot;
  for (let i: u32 = 0; i < chosen; i++) {
    if ((chosenAddress(i) ^ linear) < PAGE) return ExtentSlot.Chosen + i;
  }
  const number = freeNumber();
  if (number == NO_EXTENT) return NO_EXTENT;
  store<u64>(CHOSEN + (number << 3), linear);
  searchAll(state);
  return ExtentSlot.Chosen + number;
}

/** The number of an address that may be replaced. */
function freeNumber(): u32 {
  if (chosen < <u32>(ExtentSlot.Count - ExtentSlot.Chosen)) {
    useSlots(ExtentSlot.Chosen + ++chosen);
    return chosen - 1;
  }
  for (let i: u32 = 0; i < chosen; i++) if (isSlotEmpty(ExtentSlot.Chosen + i)) return i;
  return NO_EXTENT;
}

/** Compiled code misses pages: it is time for a search, if that may help. */
export function hastenSearch(): void {
  searchClock = NEVER;
}

/** Makes the runs those of the present bank and ASID. They are looked for again where that may help, but not at every entry. */
export function prepareExtents(state: CpuState): void {
  const areOurs = areExtentsOf(state.tlbBank, state.asid);
  if (areOurs && !areExtentsOld) return;
  if (!areOurs) dropExtents();
  // After a return to a checkpoint the clock may be lower.
  if (searchClock != NEVER && state.clock - searchClock < interval) return;
  interval = hasExtents ? LEAST_INTERVAL : min<u64>(2 * interval, LONGEST_INTERVAL);
  searchAll(state);
}

function searchAll(state: CpuState): void {
  searchClock = state.clock;
  beginExtents(state.tlbBank, state.asid);
  if (state.tlbBank == CAREFUL_BANK) return;
  const stack = is64Bit() ? state.rsp - 1 : (state.rsp - 1) & 0xffffffff;
  search(state, Access.Read, stack);
  search(state, Access.Write, stack);
}

function search(state: CpuState, access: Access, stack: u64): void {
  runFirst = runEnd = longest = 0;
  const end = state.tlbBank + TLB_BANK_BYTES;
  for (let entry = state.tlbBank; entry < end; entry += TLB_ENTRY_BYTES) {
    const tag = access == Access.Write ? writeTag(entry) : readTag(entry);
    // An invalid tag and one with a mark have other low bits.
    if (((<u32>tag) & 0xfff) != state.asid) continue;
    const page = tag & ~(PAGE - 1);
    const addend = tlbHost(entry, 0);
    // An access may not pass 4 GiB: outside of 64-bit mode it would wrap.
    if (page != runEnd || addend != runAddend || <u32>page == 0) {
      endRun(access, stack);
      runFirst = page;
      runAddend = addend;
    }
    runEnd = page + PAGE;
  }
  endRun(access, stack);
}

function endRun(access: Access, stack: u64): void {
  const bytes = runEnd - runFirst;
  if (stack - runFirst < bytes) setRun(access, ExtentSlot.Stack, bytes);
  for (let i: u32 = 0; i < chosen; i++) {
    if (chosenAddress(i) - runFirst < bytes) setRun(access, ExtentSlot.Chosen + i, bytes);
  }
  if (bytes <= longest) return;
  longest = bytes;
  setRun(access, ExtentSlot.Data, bytes);
}

function setRun(access: Access, slot: u32, bytes: u64): void {
  setExtent(access, slot, runFirst, bytes, runAddend);
}

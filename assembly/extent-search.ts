/** Finds in the TLB the runs of pages that compiled code uses (extents.ts): the longest, and the one that the stack is in. */
import { Access } from './abi/access';
import { areExtentsOf, areExtentsOld, beginExtents, dropExtents, hasExtents, setExtent } from './extents';
import { CpuState, is64Bit } from './state';
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
    if (page != runEnd || addend != runAddend) {
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
  if (stack - runFirst < bytes) setExtent(access, true, runFirst, bytes, runAddend);
  if (bytes <= longest) return;
  longest = bytes;
  setExtent(access, false, runFirst, bytes, runAddend);
}

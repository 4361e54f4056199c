/**
 * Compiled regions: blocks that one function of the compiler stands for.
 *
 * A region is entered at one block. It dies with any of its blocks, and where it spans pages it holds only as long as
 * their translations do. Records live in an area that is emptied together with the decoded blocks.
 */
import { Layout } from './abi/layout';
import { Flow } from './abi/stop';
import { Uop, UOP_BYTES } from './abi/uop';
import { hastenSearch, prepareExtents } from './extent-search';
import { FloatException } from './softfloat/environment';
import { CpuState } from './state';
import { fetchGeneration, probeFetch } from './tlb';
import { UopRecord } from './uop-record';

@unmanaged
class Region {
  /** Index of its function in the core's table. */
  entry: u32;
  isAlive: u32;
  /** How often it has left an instruction to the interpreter after little work; and the instructions done since it did so. */
  misses: u32;
  work: u64;
  /** Pages beside that of the entry; they follow the record. */
  pageCount: u32;
  /** The pages were found where they were expected in this generation of translations, for this entry address. */
  checkedGeneration: u32;
  checkedLinear: u64;
}

/** A page of a region: its distance from the page of the entry, and where it is in physical memory. */
@unmanaged
class RegionPage {
  distance: i32;
  physical: u32;
}

/** That a block belongs to a region; a list for each block. */
@unmanaged
class Membership {
  region: u32;
  next: u32;
}

let areaStart: u32 = 0;
let areaEnd: u32 = 0;
let cursor: u32 = 0;

/** Executions of a block after which `run` asks for it to be compiled; 0 = never. */
export let hotThreshold: u32 = 0;
/** The block that `Stop.Hot` is about. */
export let hotBlock: u32 = 0;
/** A block of a region has died since compiled code was entered: it must be left after the running instruction. */
const staleness = <u32>memory.data(4, 4);

export const STALENESS_ADDRESS: u32 = staleness;

export function setHotThreshold(executions: u32): void {
  hotThreshold = executions;
}

export function setHotBlock(block: u32): void {
  hotBlock = block;
  isHotAgain = 0;
}

/** `hotBlock` is compiled, but its region is left too often: it is to do more by itself. */
export let isHotAgain: u32 = 0;

/** Misses in a row after which a region is compiled anew. */
export const MOST_MISSES: u32 = 256;
/** Misses in a row that may end if the runs of pages are looked for again (extents.ts). */
const MISSES_PER_SEARCH: u32 = 16;
/** A miss is costly if the region has done fewer instructions since the one before than leaving takes the time of... */
const LEAST_WORK: u64 = 1000;
/** ...and fewer than so many for each that the interpreter has run until compiled code was entered again. */
const LEAST_RATIO: u64 = 40;

/** Leaves of arithmetic that may be exact (see below) that count as one miss: who never rounds is to be compiled again some time. */
const EXACT_LEAVES_PER_MISS: u32 = 1024;
let exactLeaves: u32 = 0;

/** Costly misses that one that is not makes up for. */
const FORGIVEN: u32 = 2;

/** The region that left an instruction to the interpreter last, until another is entered; its work before; and the clock then. */
let missRegion: u32 = 0;
/** An access that lay outside of its run of pages. */
@unmanaged
class Miss {
  linear: u64;
  /** The micro-op; 0: none. */
  uop: u32;
}

const MISS_BYTES: u32 = 16;
/** Where compiled code writes the one that it leaves an instruction for; after it the last of them, a ring that the host empties. */
const MISSES = <u32>memory.data(17 * 16, 8);
const LAST_MISSES: u32 = 16;
let missNumber: u32 = 0;

export const MISSES_ADDRESS: u32 = MISSES;
export const MISSES_COUNT: u32 = LAST_MISSES;

function keepMiss(): void {
  const last = MISSES + MISS_BYTES * (1 + (missNumber++ % LAST_MISSES));
  memory.copy(last, MISSES, MISS_BYTES);
  changetype<Miss>(MISSES).uop = 0;
}

let missWork: u64 = 0;
let missClock: u64 = 0;

/** Of a region: how often it has left an instruction to the interpreter after little work. */
export function misses(region: u32): u32 {
  return changetype<Region>(region).misses;
}

/** Makes `Stop.Hot` ask for another region in place of the one whose entry is `block`. */
export function askForMore(region: u32, block: u32): void {
  changetype<Region>(region).misses = 0;
  hotBlock = block;
  isHotAgain = 1;
}

/** Where compiled code writes the block that it leaves before one of its instructions, or the indirect branch that leads out. */
const exitBlockCell = <u32>memory.data(4, 4);

export const EXIT_BLOCK_ADDRESS: u32 = exitBlockCell;

/** Where compiled code keeps RIP of its entry, which only those ask for who leave. */
const entryRipCell = <u32>memory.data(8, 8);

export const ENTRY_RIP_ADDRESS: u32 = entryRipCell;

/** The micro-op of the indirect branch that compiled code was left by last; 0: it was left otherwise. */
export let leavingBranch: u32 = 0;

/** The block that compiled code has left before one of its instructions. */
export function exitBlock(): u32 {
  return load<u32>(exitBlockCell);
}

export function initializeRegions(start: u32): void {
  areaStart = start;
  areaEnd = start + Layout.RegionBytes;
  cursor = start;
}

/** Forgets every region. */
export function dropRegions(): void {
  cursor = areaStart;
  missRegion = 0;
}

function allocate(bytes: u32): u32 {
  if (cursor + bytes > areaEnd) return 0;
  const address = cursor;
  cursor += bytes;
  return address;
}

/** Makes a region whose function is at `entry` of the table, with room for `pageCount` pages. 0: there is no room. */
export function createRegion(entry: u32, pageCount: u32): u32 {
  const address = allocate(offsetof<Region>() + pageCount * offsetof<RegionPage>());
  if (address == 0) return 0;
  const region = changetype<Region>(address);
  region.entry = entry;
  region.isAlive = 1;
  region.misses = 0;
  region.work = 0;
  region.pageCount = pageCount;
  region.checkedGeneration = 0;
  region.checkedLinear = 0;
  return address;
}

/** Page number `index` of a region is `distance` bytes from the page of its entry and at `physical`. */
export function setRegionPage(region: u32, index: u32, distance: i32, physical: u32): void {
  const page = changetype<RegionPage>(region + offsetof<Region>() + index * offsetof<RegionPage>());
  page.distance = distance;
  page.physical = physical;
}

export function isRegionAlive(region: u32): bool {
  return changetype<Region>(region).isAlive != 0;
}

/** The list of a block that belongs to one region more; 0: there is no room. */
export function addMembership(list: u32, region: u32): u32 {
  const address = allocate(offsetof<Membership>());
  if (address == 0) return 0;
  const membership = changetype<Membership>(address);
  membership.region = region;
  membership.next = list;
  return address;
}

/** A block has died: so do the regions of its list. */
export function killRegions(list: u32): void {
  for (let at = list; at != 0; at = changetype<Membership>(at).next) {
    changetype<Region>(changetype<Membership>(at).region).isAlive = 0;
  }
  store<u32>(staleness, 1);
}

/**
 * Runs a region whose entry is at `linear`, the address of RIP. Returns `Flow.Next` if it could not do a single instruction,
 * because a page is not known to be where it was, or the deadline is too near; the micro-op that the interpreter has to go on
 * with, in `exitBlock()`; or another `Flow`.
 */
export function enterRegion(state: CpuState, address: u32, linear: u64): u32 {
  const region = changetype<Region>(address);
  leavingBranch = 0;
  if (region.pageCount != 0 && !isMapped(region, linear)) return Flow.Next;
  if (missRegion != 0) judgeMiss(state.clock);
  prepareExtents(state);
  store<u32>(staleness, 0);
  const before = state.clock;
  const next = call_indirect<u32>(region.entry);
  leavingBranch = next == <u32>Flow.Leave ? exitBlock() : 0;
  if (next == <u32>Flow.Abort) return next;
  region.work += state.clock - before;
  if (next > <u32>Flow.Repeat) {
    const isAccess = changetype<Miss>(MISSES).uop != 0;
    if (isAccess) keepMiss();
    if (!isAccess && mayBeExact(state, next) && ++exactLeaves % EXACT_LEAVES_PER_MISS != 0) missRegion = 0;
    else missRegion = address;
    missWork = region.work;
    missClock = state.clock;
    region.work = 0;
  }
  if (state.clock == before) return Flow.Next;
  // Its blocks are gone with it.
  return region.isAlive != 0 ? next : Flow.Leave;
}

/**
 * Whether a region has left floating-point arithmetic to the interpreter for want of MXCSR.PE: most programs have it set before
 * long, and a region that were compiled again because of this would do more by itself than it needs to for good.
 */
function mayBeExact(state: CpuState, uop: u32): bool {
  if ((state.mxcsr & FloatException.Precision) != 0) return false;
  const ip = changetype<UopRecord>(uop).ip;
  for (let at = uop; changetype<UopRecord>(at).ip == ip; at += UOP_BYTES) {
    if (changetype<UopRecord>(at).code == Uop.Float) return true;
  }
  return false;
}

/** Looks back at the last miss, now that compiled code is entered again. */
function judgeMiss(clock: u64): void {
  const region = changetype<Region>(missRegion);
  missRegion = 0;
  const isCostly = missWork < LEAST_WORK + LEAST_RATIO * (clock - missClock);
  region.misses = isCostly
    ? min<u32>(region.misses + 1, MOST_MISSES)
    : region.misses - min<u32>(region.misses, FORGIVEN);
  if (region.misses % MISSES_PER_SEARCH == MISSES_PER_SEARCH - 1) hastenSearch();
}

/** Whether each page is where it was when the region was compiled, as far as the TLB knows. */
function isMapped(region: Region, linear: u64): bool {
  if (region.checkedGeneration == fetchGeneration && region.checkedLinear == linear) return true;
  const first = changetype<u32>(region) + offsetof<Region>();
  for (let i: u32 = 0; i < region.pageCount; i++) {
    const page = changetype<RegionPage>(first + i * offsetof<RegionPage>());
    if (probeFetch(linear + <i64>page.distance) >> 12 != page.physical >> 12) return false;
  }
  region.checkedGeneration = fetchGeneration;
  region.checkedLinear = linear;
  return true;
}

/**
 * The translation lookaside buffer: direct mapped, one bank per privilege.
 *
 * An entry can only ever point into physical memory: `fillTlb` and `replaceEntry` alone write addends, and they refuse
 * pages outside. That check is the sandbox wall. A tag holds the linear page and, in its low bits, the ASID; an access
 * compares the page of its *last* byte, so one that crosses a page never hits.
 *
 * A write tag that has a mark matches no access: the page holds decoded code, or it is clean (page-tracking.ts).
 *
 * A third bank is never filled. Alignment checks and data breakpoints select it, and every access takes the slow path.
 */
import { Access } from './abi/access';
import { Layout, NO_PAGE } from './abi/layout';
import { Mode } from './abi/processor-bits';
import { dropExtents, growExtents, hasExtents, outdateExtents } from './extents';
import { flushNestedTlb } from './nested-tlb';
import { isChunkClean, isPageClean, touchChunk, touchPage } from './page-tracking';
import { cpu } from './state';

@unmanaged
class TlbEntry {
  readTag: u64;
  writeTag: u64;
  fetchTag: u64;
  /** Wasm address = low half of the linear address + addend. */
  addend: u32;
  /** Physical address of the page. */
  physical: u32;
}

const ENTRY_SHIFT: u32 = 5;
const BANK_ENTRIES: u32 = 1024;
const BANK_BYTES: u32 = BANK_ENTRIES << ENTRY_SHIFT;
const INVALID: u64 = ~(<u64>0);
/** In a write tag: the page holds decoded code, the store must look for blocks to invalidate. */
const CODE_PAGE: u64 = 0x800;
/** In a write tag: the page is clean, the store must touch it first. */
const CLEAN_PAGE: u64 = 0x400;
const MARKS: u64 = CODE_PAGE | CLEAN_PAGE;

/** log2 of the bytes of a tracked chunk. */
const CHUNK_SHIFT: u32 = 12;
const ALL_CHUNKS: u64 = ~(<u64>0);

const BANKS = <u32>memory.data(3 * 1024 * 32, 32);

export const SUPERVISOR_BANK: u32 = BANKS;
export const USER_BANK: u32 = BANKS + BANK_BYTES;
export const CAREFUL_BANK: u32 = BANKS + 2 * BANK_BYTES;

/** Where the banks are and how large, for the test of the wall. */
export const TLB_ADDRESS: u32 = BANKS;
export const TLB_BYTES: u32 = 3 * BANK_BYTES;
export const TLB_BANK_BYTES: u32 = BANK_BYTES;
export const TLB_ENTRY_BYTES: u32 = 1 << ENTRY_SHIFT;
export const TLB_ENTRY_ADDEND: u32 = offsetof<TlbEntry>('addend');

/** A bit for each tracked chunk that may hold anything: those of the two banks, then those of the fetch cache. */
let filledChunks: u64 = ALL_CHUNKS;

/** The entry of `bank` that can hold `linear`. */
export function tlbEntry(bank: u32, linear: u64): u32 {
  return bank + (((<u32>(linear >> 12)) & (BANK_ENTRIES - 1)) << ENTRY_SHIFT);
}

/** The tag of the page of the last byte of an access. */
export function tlbTag(linear: u64, bytes: u32): u64 {
  return ((linear + (bytes - 1)) & ~(<u64>0xfff)) | (<u64>cpu().asid);
}

/** Wasm address of `linear` through an entry that hit. */
export function tlbHost(entry: u32, linear: u64): u32 {
  return <u32>linear + changetype<TlbEntry>(entry).addend;
}

export function readTag(entry: u32): u64 {
  return changetype<TlbEntry>(entry).readTag;
}

export function writeTag(entry: u32): u64 {
  return changetype<TlbEntry>(entry).writeTag;
}

/** The write tag matches but for the mark of a page that holds code. */
export function isCodePageHit(entry: u32, tag: u64): bool {
  return changetype<TlbEntry>(entry).writeTag == (tag | CODE_PAGE);
}

/** The write tag matches but for its marks: the translation is known, and what the store has to do before is not done. */
export function isMarkedHit(entry: u32, tag: u64): bool {
  return (changetype<TlbEntry>(entry).writeTag & ~MARKS) == tag;
}

export function fetchTag(entry: u32): u64 {
  return changetype<TlbEntry>(entry).fetchTag;
}

export function tlbPhysical(entry: u32, linear: u64): u32 {
  return changetype<TlbEntry>(entry).physical | ((<u32>linear) & 0xfff);
}

/**
 * Caches a translation of one kind of access. Pages outside of physical memory are not cached.
 *
 * @param holdsCode For writes: stores must take the slow path to invalidate blocks.
 */
export function fillTlb(bank: u32, linear: u64, physical: u64, access: Access, holdsCode: bool): void {
  const state = cpu();
  if (bank == CAREFUL_BANK) return;
  if (physical >= <u64>state.memoryBytes) return;
  const page = (<u32>physical) & ~0xfff;
  if (access == Access.Write) touchPage(page);
  const address = tlbEntry(bank, linear);
  fillChunk((address - BANKS) >> CHUNK_SHIFT);
  const entry = changetype<TlbEntry>(address);
  const tag = (linear & ~(<u64>0xfff)) | (<u64>state.asid);
  const isSamePage =
    entry.physical == page &&
    (entry.readTag == tag || (entry.writeTag & ~MARKS) == tag || entry.fetchTag == tag);
  if (!isSamePage) {
    if (entry.readTag != INVALID) dropExtents();
    entry.readTag = INVALID;
    entry.writeTag = INVALID;
    entry.fetchTag = INVALID;
    entry.physical = page;
    entry.addend = state.memoryBase + page - ((<u32>linear) & ~0xfff);
  }
  if (access == Access.Fetch) {
    entry.fetchTag = tag;
    return;
  }
  // What may be written may be read.
  if (entry.readTag != tag) {
    entry.readTag = tag;
    growExtents(bank, state.asid, tag - state.asid, Access.Read, entry.addend);
  }
  if (access == Access.Write) setWriteTag(bank, entry, holdsCode ? tag | CODE_PAGE : tag);
}

/**
 * Whether an entry of the two banks can take a page by `replaceEntry`: it has no translation of this page, and its chunk has been
 * filled and touched already.
 */
export function isReplaceable(address: u32, tag: u64): bool {
  const entry = changetype<TlbEntry>(address);
  if (entry.readTag == tag || entry.fetchTag == tag || (entry.writeTag & ~MARKS) == tag) return false;
  const chunk = (address - BANKS) >> CHUNK_SHIFT;
  return ((filledChunks >> chunk) & 1) != 0 && !isChunkClean(chunk);
}

/**
 * Caches a translation for loads and, if `isStored`, for stores, in an entry that `isReplaceable`. False: the page is outside of
 * physical memory, or the store that it is for (`isWrite`) has more to do.
 */
export function replaceEntry(
  address: u32,
  tag: u64,
  page: u64,
  holdsCode: bool,
  isStored: bool,
  isWrite: bool,
): bool {
  const state = cpu();
  if (page >= <u64>state.memoryBytes) return false;
  const marks = (holdsCode ? CODE_PAGE : 0) | (isPageClean(<u32>page) ? CLEAN_PAGE : 0);
  if (isWrite && marks != 0) return false;
  const entry = changetype<TlbEntry>(address);
  const addend = state.memoryBase + <u32>page - ((<u32>tag) & ~0xfff);
  if (entry.readTag != INVALID) dropExtents();
  entry.readTag = tag;
  entry.writeTag = isStored ? tag | marks : INVALID;
  entry.fetchTag = INVALID;
  entry.physical = <u32>page;
  entry.addend = addend;
  if (!hasExtents) {
    outdateExtents();
    return true;
  }
  growExtents(state.tlbBank, state.asid, tag - state.asid, Access.Read, addend);
  if (isStored && marks == 0) growExtents(state.tlbBank, state.asid, tag - state.asid, Access.Write, addend);
  return true;
}

/** Changes the write tag of a page that has been read, for the present ASID. */
function setWriteTag(bank: u32, entry: TlbEntry, tag: u64): void {
  if (entry.writeTag == tag) return;
  if ((tag & MARKS) != 0) return markTag(entry, tag);
  const asid = cpu().asid;
  entry.writeTag = tag;
  growExtents(bank, asid, tag - asid, Access.Write, entry.addend);
}

/** Gives a write tag marks. If stores were using it, runs of pages are. */
function markTag(entry: TlbEntry, tag: u64): void {
  // A tag that is not valid has all bits set.
  if ((entry.writeTag & MARKS) == 0) dropExtents();
  entry.writeTag = tag;
}

/** Lets stores use the translation that has just been cached for reads. A clean page stays clean until there is one. */
export function allowStores(bank: u32, linear: u64, physical: u32, holdsCode: bool): void {
  const entry = changetype<TlbEntry>(tlbEntry(bank, linear));
  const marks = (holdsCode ? CODE_PAGE : 0) | (isPageClean(physical) ? CLEAN_PAGE : 0);
  setWriteTag(bank, entry, entry.readTag | marks);
}

/** Drops every translation of every ASID, nested ones included. */
export function flushTlb(): void {
  flushLinearTlb();
  flushNestedTlb();
}

/** Drops every translation of a linear address: what loads of CR3 and INVLPG ask for, and more. */
export function flushLinearTlb(): void {
  // Static data begin as zeros, which would be a translation.
  if (filledChunks == ALL_CHUNKS) memory.fill(CAREFUL_BANK, 0xff, BANK_BYTES);
  for (let chunk: u32 = 0; chunk < <u32>Layout.TlbChunks; chunk++)
    emptyChunk(chunk, BANKS + (chunk << CHUNK_SHIFT), 0xff);
  dropExtents();
  flushFetchCache();
}

/** An entry of a chunk is about to be written. */
function fillChunk(chunk: u32): void {
  touchChunk(chunk);
  filledChunks |= (<u64>1) << chunk;
}

function emptyChunk(chunk: u32, address: u32, byte: u8): void {
  const bit = (<u64>1) << chunk;
  if ((filledChunks & bit) == 0) return;
  touchChunk(chunk);
  memory.fill(address, byte, (<u32>1) << CHUNK_SHIFT);
  filledChunks &= ~bit;
}

/** Every page becomes clean: from now on a store to one touches it first. Chunks that are clean have no entry to mark. */
export function protectPages(): void {
  for (let chunk: u32 = 0; chunk < <u32>Layout.TlbChunks; chunk++) {
    if (isChunkClean(chunk)) continue;
    const end = BANKS + ((chunk + 1) << CHUNK_SHIFT);
    for (let at = BANKS + (chunk << CHUNK_SHIFT); at < end; at += 1 << ENTRY_SHIFT) {
      const entry = changetype<TlbEntry>(at);
      if (entry.writeTag != INVALID) markTag(entry, entry.writeTag | CLEAN_PAGE);
    }
  }
}

/** The host has put other translations into the TLB and the fetch cache. */
export function translationsReplaced(): void {
  filledChunks = ALL_CHUNKS;
  dropExtents();
  nextGeneration();
}

function nextGeneration(): void {
  fetchGeneration = max<u32>(fetchGeneration + 1, 1);
}

/** Physical address of the code at `linear` if its translation is cached for the present privilege, else NO_PAGE. */
export function probeFetch(linear: u64): u32 {
  const entry = tlbEntry(cpu().cpl == 3 ? USER_BANK : SUPERVISOR_BANK, linear);
  return fetchTag(entry) == tlbTag(linear, 1) ? tlbPhysical(entry, linear) : NO_PAGE;
}

/** Makes stores to a physical page take the slow path: it now holds decoded code. */
export function markCodePage(physicalPage: u32): void {
  for (let chunk: u32 = 0; chunk < <u32>Layout.TlbChunks; chunk++) {
    if (((filledChunks >> chunk) & 1) == 0) continue;
    const end = BANKS + ((chunk + 1) << CHUNK_SHIFT);
    for (let at = BANKS + (chunk << CHUNK_SHIFT); at < end; at += 1 << ENTRY_SHIFT) {
      const entry = changetype<TlbEntry>(at);
      if (entry.physical != physicalPage || entry.writeTag == INVALID) continue;
      touchChunk(chunk);
      markTag(entry, entry.writeTag | CODE_PAGE);
    }
  }
}

/** An entry of the fetch cache: the block that was found last at a linear address. */
@unmanaged
export class FetchEntry {
  linear: u64;
  block: u32;
  /** ASID and privilege that it was found for. */
  context: u32;
}

const FETCH_ENTRIES: u32 = 4096;
const fetchEntries = <u32>memory.data(4096 * 16, 16);

/** The entry that can hold the block at `linear` for `mode`: those for single instructions and parts of blocks keep apart. */
export function fetchEntry(linear: u64, mode: u32): FetchEntry {
  const hash = (<u32>linear) ^ ((<u32>linear) >> 12) ^ ((mode & (Mode.Step | Mode.Exact)) << 1);
  return changetype<FetchEntry>(fetchEntries + ((hash & (FETCH_ENTRIES - 1)) << 4));
}

/** Where the chunks are that page-tracking.ts counts: those of the two banks, then those of the fetch cache. */
export const FETCH_CACHE_ADDRESS: u32 = fetchEntries;

/** Puts a block into the fetch cache, for the present ASID and privilege. */
export function rememberFetch(linear: u64, mode: u32, block: u32): void {
  const entry = fetchEntry(linear, mode);
  fillChunk(<u32>Layout.TlbChunks + ((changetype<u32>(entry) - fetchEntries) >> CHUNK_SHIFT));
  entry.linear = linear;
  entry.context = cpu().fetchContext;
  entry.block = block;
}

/** Changes whenever a translation may have. Never 0. */
export let fetchGeneration: u32 = 1;

/** Forgets which blocks are at which linear addresses: translations or blocks have changed. */
export function flushFetchCache(): void {
  nextGeneration();
  for (let chunk: u32 = 0; chunk < <u32>Layout.FetchChunks; chunk++)
    emptyChunk(<u32>Layout.TlbChunks + chunk, fetchEntries + (chunk << CHUNK_SHIFT), 0);
}

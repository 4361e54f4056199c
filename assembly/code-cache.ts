/**
 * Decoded blocks and the physical pages that they came from.
 *
 * A block is found by physical address and mode (block-index.ts), through a cache by linear address in front (`findBlock`). Each
 * physical page has a list of its blocks, and knows the lines that they cover (code-lines.ts). Dead blocks stay where
 * they are until everything is dropped: the running block may be one of them.
 */
import { Layout, NO_PAGE } from './abi/layout';
import { Uop, UOP_BYTES } from './abi/uop';
import { Block, BLOCK_HEADER, STALE } from './block';
import { bury, buryOldest, clearIndex, firstInList, link } from './block-index';
import {
  clearLines,
  coverLines,
  initializeLines,
  keepsLines,
  lineMask,
  linesOf,
  setLines,
} from './code-lines';
import { initializeTracking } from './page-tracking';
import { adapt, patchedOffset, patchedUop, replaceAgain } from './rewritten-code';
import {
  addMembership,
  dropRegions,
  hotThreshold,
  initializeRegions,
  isRegionAlive,
  killRegions,
} from './region';
import { cpu } from './state';
import { flushFetchCache } from './tlb';
import { UopRecord } from './uop-record';

/** Executions after which a block whose constant has been replaced is as good as any. */
const EXECUTIONS_WITHOUT_CHANGE: u32 = 20_000;

let blockStart: u32 = 0;
let blockEnd: u32 = 0;
let cursor: u32 = 0;
/** First block of each physical page. */
let pageHeads: u32 = 0;
let pageCount: u32 = 0;

/** The micro-op that runs or ran last: where an instruction stopped, or stored over code. */
export let runningUop: u32 = 0;
export let runningBlock: u32 = 0;
/** The running block ends before its last micro-op: its own store has invalidated it, or only a part is to run. */
export let isRunningBlockCut: bool = false;

/** Times that every block was dropped. */
export let codeGeneration: u32 = 0;

export function setRunningUop(uop: u32): void {
  runningUop = uop;
}

export function setRunningBlock(block: u32): void {
  runningBlock = block;
  isRunningBlockCut = false;
}

/** Puts the end of the running block at the micro-op at `at`, the first of an instruction. Returns what was there. */
export function cutRunningBlock(at: u32): v128 {
  isRunningBlockCut = true;
  const uop = changetype<UopRecord>(at);
  const before = v128.load(at);
  uop.code = <u16>Uop.Next;
  uop.imm = <i64>uop.ip;
  return before;
}

/** Places the caches and physical memory. The host has made the memory large enough (abi/layout.ts). */
export function initializeMemory(memoryBytes: u32): void {
  const state = cpu();
  pageCount = memoryBytes >> 12;
  blockStart = Layout.StaticBytes;
  blockEnd = blockStart + Layout.BlockBytes;
  initializeRegions(blockEnd);
  pageHeads = blockEnd + Layout.RegionBytes;
  const pageLines = (pageHeads + pageCount * 4 + 7) & ~7;
  initializeLines(pageLines, pageCount);
  initializeTracking(pageLines + pageCount * 8, pageCount);
  const end = pageHeads + pageCount * Layout.MapBytesPerPage + 8 + Layout.TlbChunks + Layout.FetchChunks;
  state.memoryBase = (end + Layout.MemoryAlignment - 1) & ~(<u32>Layout.MemoryAlignment - 1);
  state.memoryBytes = memoryBytes;
  cursor = blockStart;
}

/** Drops every block. */
export function dropAllCode(): void {
  cursor = blockStart;
  codeGeneration++;
  dropRegions();
  clearIndex();
  memory.fill(pageHeads, 0, pageCount * 4);
  clearLines();
  flushFetchCache();
}

/** Where the host writes the micro-ops of the next block. Room for LargestBlock is guaranteed. */
export function nextBlockUops(): u32 {
  if (cursor + <u32>Layout.LargestBlock > blockEnd) dropAllCode();
  return cursor + BLOCK_HEADER;
}

/** Enters the block whose micro-ops the host has written at `nextBlockUops()`. Returns it. */
export function commitBlock(
  physical: u32,
  mode: u32,
  instructions: u32,
  uops: u32,
  bytes: u32,
  secondPage: u32,
): u32 {
  const block = changetype<Block>(cursor);
  block.physical = physical;
  block.mode = mode;
  block.instructions = instructions;
  block.uops = uops;
  block.bytes = bytes;
  block.secondPage = secondPage;
  block.heat = 0;
  block.region = 0;
  block.memberships = 0;
  block.copy = 0;
  block.changingUop = 0;
  const address = cursor;
  cursor += BLOCK_HEADER + uops * UOP_BYTES;
  if (physical >> 12 < pageCount) {
    if (secondPage == NO_PAGE) keepCopy(block);
    link(address, block);
    enter(address, block);
  }
  return address;
}

function keepCopy(block: Block): void {
  block.copy = cursor;
  memory.copy(cursor, cpu().memoryBase + block.physical, block.bytes);
  cursor = (cursor + block.bytes + 15) & ~15;
  buryOldest(block.physical, block.mode);
}

/** Has stores to what a block was decoded from find it. */
function enter(address: u32, block: Block): void {
  const page = block.physical >> 12;
  block.nextInPage = load<u32>(pageHeads + (page << 2));
  store<u32>(pageHeads + (page << 2), address);
  const offset = block.physical & 0xfff;
  if (block.secondPage == NO_PAGE) {
    coverLines(page, lineMask(offset, block.bytes));
    return;
  }
  coverLines(page, lineMask(offset, 4096 - offset));
  const second = block.secondPage >> 12;
  block.nextInSecondPage = load<u32>(pageHeads + (second << 2));
  store<u32>(pageHeads + (second << 2), address);
  coverLines(second, lineMask(0, offset + block.bytes - 4096));
}

/**
 * A block that was decoded at a physical address for a mode, and overwritten since, made to fit what is there now; 0 if there
 * is none that can be.
 */
export function reviveBlock(physical: u32, mode: u32): u32 {
  let address = firstInList(physical, mode);
  while (address != 0) {
    const block = changetype<Block>(address);
    if (block.physical == physical && block.mode == (mode | STALE) && isFitting(address, block)) {
      block.mode = mode;
      if (block.changingUop == 0) noteChange(block);
      block.heat = block.changingUop != 0 ? coldHeat() : 0;
      block.region = 0;
      block.memberships = 0;
      enter(address, block);
      return address;
    }
    address = block.nextInHash;
  }
  return 0;
}

function isFitting(address: u32, block: Block): bool {
  const now = cpu().memoryBase + block.physical;
  return adapt(address + BLOCK_HEADER, block.uops, block.copy, block.bytes, now);
}

/** The heat of a block whose constant has just been replaced. Compiled code would have the constant of the moment. */
function coldHeat(): u32 {
  return hotThreshold - EXECUTIONS_WITHOUT_CHANGE;
}

function noteChange(block: Block): void {
  block.changingUop = patchedUop;
  block.changingOffset = patchedOffset;
}

/** Whether a store is part of a constant that a block has had replaced before: then the block lives on with another. */
function isReplaced(address: u32, block: Block, physical: u32, bytes: u32): bool {
  if (block.changingUop == 0 || (block.mode & STALE) != 0) return false;
  // A part of the running block may have been put aside.
  if (address == runningBlock) return false;
  const base = cpu().memoryBase;
  const at = base + physical;
  const start = base + block.physical;
  if (!replaceAgain(block.changingUop, block.changingOffset, block.copy, start, at, at + bytes)) return false;
  block.heat = coldHeat();
  return true;
}

/** A store changed `bytes` bytes at `physical`, within one page: blocks decoded from them are dead. */
export function invalidateCode(physical: u32, bytes: u32): void {
  const page = physical >> 12;
  if (page >= pageCount) return;
  const mask = lineMask(physical & 0xfff, bytes);
  if ((linesOf(page) & mask) == 0) return;
  let survivors: u32 = 0;
  let lines: u64 = 0;
  let address = load<u32>(pageHeads + (page << 2));
  while (address != 0) {
    const block = changetype<Block>(address);
    const isSecond = block.physical >> 12 != page;
    const next = isSecond ? block.nextInSecondPage : block.nextInPage;
    const start = isSecond ? page << 12 : block.physical;
    const end = isSecond
      ? start + (block.physical & 0xfff) + block.bytes - 4096
      : block.physical + (block.secondPage == NO_PAGE ? block.bytes : 4096 - (block.physical & 0xfff));
    const isHit = physical < end && physical + bytes > start;
    if (isHit && !isReplaced(address, block, physical, bytes)) {
      kill(address, block);
    } else if ((block.mode & STALE) == 0) {
      if (isSecond) block.nextInSecondPage = survivors;
      else block.nextInPage = survivors;
      survivors = address;
      lines |= lineMask(start & 0xfff, end - start);
    }
    address = next;
  }
  store<u32>(pageHeads + (page << 2), survivors);
  if (survivors != 0 || !keepsLines(page)) setLines(page, lines);
}

function kill(address: u32, block: Block): void {
  if ((block.mode & STALE) != 0) return;
  if (block.memberships != 0) killRegions(block.memberships);
  if (address == runningBlock) {
    endRunningBlock(block);
  } else if (block.copy != 0) {
    block.mode |= STALE;
    return;
  }
  bury(address, block);
}

/** Makes a block the entry of a region. */
export function setRegionEntry(block: u32, region: u32): void {
  changetype<Block>(block).region = region;
}

/** Makes a block one of those that a region stands for. False: there is no room. */
export function addRegionBlock(region: u32, block: u32): bool {
  const record = changetype<Block>(block);
  const memberships = addMembership(record.memberships, region);
  if (memberships == 0) return false;
  record.memberships = memberships;
  record.changingUop = 0;
  return true;
}

/** The living region that is entered at a block, or 0. A block whose region has died may become hot again. */
export function regionAt(block: Block): u32 {
  const region = block.region;
  if (region == 0 || isRegionAlive(region)) return region;
  block.region = 0;
  block.heat = 0;
  return 0;
}

/** Makes one block unreachable: it no longer matches what is in memory. */
export function dropBlock(address: u32): void {
  kill(address, changetype<Block>(address));
}

/** The running block has stored over itself: it must end after this instruction, whose successors are stale. */
function endRunningBlock(block: Block): void {
  isRunningBlockCut = true;
  const end = runningBlock + BLOCK_HEADER + block.uops * UOP_BYTES;
  const current = changetype<UopRecord>(runningUop).ip;
  for (let at = runningUop; at < end; at += UOP_BYTES) {
    if (changetype<UopRecord>(at).ip == current) continue;
    cutRunningBlock(at);
    return;
  }
}

/** Instructions of the running block that are complete before the one that `uop` belongs to. */
export function instructionsBefore(uop: u32): u32 {
  let count: u32 = 0;
  let ip: u16 = 0;
  for (let at = runningBlock + BLOCK_HEADER; at <= uop; at += UOP_BYTES) {
    const next = changetype<UopRecord>(at).ip;
    if (next != ip) count++;
    ip = next;
  }
  return count;
}

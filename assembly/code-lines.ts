/**
 * Which 64-byte lines of each physical page hold decoded code: a store to a page that holds both code and data costs one test.
 */
import { NO_PAGE } from './abi/layout';
import { markCodePage } from './tlb';

let pageLines: u32 = 0;
let pageCount: u32 = 0;

/** The page without blocks that keeps its lines, and the stores to them since. */
let emptyPage: u32 = NO_PAGE;
let storesToEmptyPage: u32 = 0;
const MOST_STORES_TO_EMPTY_PAGE: u32 = 64;

/** Places the bitmaps, eight bytes a page. */
export function initializeLines(address: u32, pages: u32): void {
  pageLines = address;
  pageCount = pages;
}

/** No page holds code. */
export function clearLines(): void {
  memory.fill(pageLines, 0, pageCount * 8);
}

/** A bit for each line. */
export function linesOf(page: u32): u64 {
  return load<u64>(pageLines + (page << 3));
}

export function setLines(page: u32, lines: u64): void {
  store<u64>(pageLines + (page << 3), lines);
}

/** One bit for each 64-byte line that [offset, offset + bytes) of a page touches. */
export function lineMask(offset: u32, bytes: u32): u64 {
  const first = offset >> 6;
  const last = (offset + bytes - 1) >> 6;
  const upTo = last >= 63 ? ~(<u64>0) : ((<u64>1) << (last + 1)) - 1;
  return upTo & ~(((<u64>1) << first) - 1);
}

/** More of a page holds code. */
export function coverLines(page: u32, mask: u64): void {
  if (page == emptyPage) storesToEmptyPage = 0;
  const lines = linesOf(page);
  setLines(page, lines | mask);
  if (lines == 0) markCodePage(page << 12);
}

/** Whether blocks were decoded from this physical page. */
export function pageHoldsCode(physicalPage: u32): bool {
  const page = physicalPage >> 12;
  return page < pageCount && linesOf(page) != 0;
}

/** Bytes from `physical` to the next line that holds code, or to the end of the page; 0 if its own line does. */
export function bytesBeforeCode(physical: u32): u32 {
  const offset = physical & 0xfff;
  const lines = linesOf(physical >> 12) >> (offset >> 6);
  if (lines == 0) return 4096 - offset;
  return max<i32>(<i32>(ctz(lines) << 6) - <i32>(offset & 63), 0);
}

/**
 * A page that has lost its last block keeps its lines for some stores to them: what has been modified is about to be decoded
 * again, and would have the page marked anew in all of the TLB. One page at a time does.
 */
export function keepsLines(page: u32): bool {
  if (page != emptyPage) storesToEmptyPage = 0;
  emptyPage = page;
  if (++storesToEmptyPage <= MOST_STORES_TO_EMPTY_PAGE) return true;
  storesToEmptyPage = 0;
  return false;
}

/**
 * Which pages have changed since the host last looked: what copy-on-write checkpoints rest on.
 *
 * Each page has a flag: it is clean, so whoever changes it gives the host the chance to keep a copy first. A clean page has no
 * write tag in the TLB that a store would hit (tlb.ts), so stores to pages that have changed already cost nothing. Beside
 * physical memory, what caches translations is tracked, in chunks of a page: a machine that goes back finds the translations
 * that it had, stale ones included. The flags of the chunks follow those of the pages.
 */

let flags: u32 = 0;
let pageCount: u32 = 0;

/** The host keeps a copy of the page or chunk of that number, which is about to change for the first time. */
declare function preserve(number: u32): void;

export function initializeTracking(start: u32, pages: u32): void {
  flags = start;
  pageCount = pages;
}

/** Where the flags are, one byte each: not 0 = clean. The host sets them. */
export function trackingFlags(): u32 {
  return flags;
}

/** The page at a physical address, inside of physical memory, is about to change. */
export function touchPage(physical: u32): void {
  touch(physical >> 12);
}

/** As `touchPage`, a chunk of what caches translations. */
export function touchChunk(chunk: u32): void {
  touch(pageCount + chunk);
}

export function isPageClean(physical: u32): bool {
  return load<u8>(flags + (physical >> 12)) != 0;
}

export function isChunkClean(chunk: u32): bool {
  return load<u8>(flags + pageCount + chunk) != 0;
}

function touch(number: u32): void {
  if (load<u8>(flags + number) == 0) return;
  store<u8>(flags + number, 0);
  preserve(number);
}

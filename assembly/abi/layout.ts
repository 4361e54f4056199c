/**
 * How the core's memory is laid out: static data, then decoded code, then maps of pages, then physical memory.
 *
 * The host makes one memory of fixed size from these numbers before it instantiates the core.
 */
export enum Layout {
  /** Static data of the core: state, TLB, tables. */
  StaticBytes = 0x100000,
  /** Decoded blocks; when it is full all of them are dropped. */
  BlockBytes = 0x400000,
  /** Room for one block: a header of 64 bytes, at most 950 micro-ops, and the bytes that it was decoded from. */
  LargestBlock = 0x4000,
  /** Records of compiled regions (region.ts). */
  RegionBytes = 0x40000,
  /** Bytes for each page of physical memory: a list of blocks, a bitmap of 64-byte lines, and whether it is clean. */
  MapBytesPerPage = 13,
  /** Chunks of 4 KiB of the TLB, then of the fetch cache, that are tracked as pages are (page-tracking.ts). */
  TlbChunks = 16,
  FetchChunks = 16,
  /** Physical memory begins at a multiple of this. */
  MemoryAlignment = 0x10000,
}

/** `secondPage` of a block that lies in one page. */
export const NO_PAGE = 0xffffffff;

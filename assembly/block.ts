/** A decoded block: what the core knows of it, and after that its micro-ops (uop-record.ts). */
import { UOP_BYTES } from './abi/uop';
import { UopRecord } from './uop-record';

@unmanaged
export class Block {
  physical: u32;
  /** A `Mode`, or DEAD. */
  mode: u32;
  instructions: u32;
  uops: u32;
  bytes: u32;
  /** Physical page of the last bytes if the block's only instruction crosses a page, or NO_PAGE. */
  secondPage: u32;
  nextInHash: u32;
  nextInPage: u32;
  nextInSecondPage: u32;
  /** Executions so far, until the block is compiled. */
  heat: u32;
  /** The region that is entered here, or 0. */
  region: u32;
  /** Regions that the block belongs to (region.ts). */
  memberships: u32;
  /** The bytes that it was decoded from, if they lie in one page; else 0. They follow the micro-ops. */
  copy: u32;
  /** The micro-op whose constant has been overwritten, or 0, and the offset of that in the block. A block of a region has none. */
  changingUop: u32;
  changingOffset: u32;
  unused: u32;
}

/** Offset of a block's first micro-op. */
export const BLOCK_HEADER: u32 = 64;
/** No mode; has the bit of `STALE`. */
export const DEAD: u32 = 0xffff;
/** Beside the mode of a block whose bytes were overwritten: nobody finds it until it is made to fit (rewritten-code.ts). */
export const STALE: u32 = 0x8000;

/** The first micro-op of instruction `index` of a block, which has more than that. */
export function instructionStart(block: u32, index: u32): u32 {
  let at = block + BLOCK_HEADER;
  for (let passed: u32 = 0; passed < index; passed++) {
    const ip = changetype<UopRecord>(at).ip;
    while (changetype<UopRecord>(at).ip == ip) at += UOP_BYTES;
  }
  return at;
}

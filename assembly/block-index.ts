/**
 * Decoded blocks by physical address and mode: a hash table of lists, the newest block of each first. Blocks that were
 * overwritten stay in it as stale ones (block.ts), until there are too many at one address.
 */
import { Block, DEAD, STALE } from './block';

/** Stale blocks of one mode that are kept at one address. */
const MOST_STALE: u32 = 4;
const HASH_ENTRIES: u32 = 0x4000;

const hashHeads = <u32>memory.data(0x4000 * 4, 16);

export function clearIndex(): void {
  memory.fill(hashHeads, 0, HASH_ENTRIES * 4);
}

function hashSlot(physical: u32, mode: u32): u32 {
  return hashHeads + (((physical ^ (physical >> 11) ^ (mode << 8)) & (HASH_ENTRIES - 1)) << 2);
}

/** The newest block in the list of an address and a mode, or 0; `nextInHash` leads on, also to blocks of others. */
export function firstInList(physical: u32, mode: u32): u32 {
  return load<u32>(hashSlot(physical, mode));
}

export function link(address: u32, block: Block): void {
  const slot = hashSlot(block.physical, block.mode);
  block.nextInHash = load<u32>(slot);
  store<u32>(slot, address);
}

/** Takes a block out, so that nobody finds it again. */
export function bury(address: u32, block: Block): void {
  let at = hashSlot(block.physical, block.mode & ~STALE);
  while (load<u32>(at) != address) {
    at = load<u32>(at) + <u32>offsetof<Block>('nextInHash');
  }
  store<u32>(at, block.nextInHash);
  block.mode = DEAD;
}

/** The block decoded at a physical address for a mode, or 0. */
export function findDecoded(physical: u32, mode: u32): u32 {
  let address = firstInList(physical, mode);
  while (address != 0) {
    const block = changetype<Block>(address);
    if (block.physical == physical && block.mode == mode) return address;
    address = block.nextInHash;
  }
  return 0;
}

/** Makes room for one more stale block of an address and a mode. */
export function buryOldest(physical: u32, mode: u32): void {
  let known: u32 = 0;
  let oldest: u32 = 0;
  for (
    let address = firstInList(physical, mode);
    address != 0;
    address = changetype<Block>(address).nextInHash
  ) {
    const block = changetype<Block>(address);
    if (block.physical != physical || block.mode != (mode | STALE)) continue;
    known++;
    oldest = address;
  }
  if (known >= MOST_STALE) bury(oldest, changetype<Block>(oldest));
}

/** Decoded blocks and the physical pages that they came from. */

/** Whether blocks were decoded from this physical page. */
export function pageHoldsCode(physicalPage: u32): bool {
  return false;
}

/** A store hit `bytes` bytes at `physical`: blocks decoded from them are dead. */
export function invalidateCode(physical: u32, bytes: u32): void {}

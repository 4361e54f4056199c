/** Runs of pages that compiled code holds addresses against (assembly/extents.ts): so many for loads, and after them as many for stores. */
export enum ExtentSlot {
  /** The longest. */
  Data,
  /** The one that the stack is in. */
  Stack,
  /** The first of those around addresses that compiled code has asked for. */
  Chosen,
  Count = 6,
}

/** Bytes that accesses may begin apart which compiled code looks at together. */
export const EXTENT_SPAN = 256;

/** Of an address that no run is for. */
export const NO_EXTENT = 0xffffffff;

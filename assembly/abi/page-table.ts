/** Page-table entries (APM vol 2 §5.3, §5.4). */

/** Bits that entries of every format and level have at the same place; NX is bit 63 and not an enum member. */
export enum PageEntry {
  Present = 0x1,
  Write = 0x2,
  User = 0x4,
  Accessed = 0x20,
  Dirty = 0x40,
  /** In a table above the last: the entry maps a large page. */
  PageSize = 0x80,
  Global = 0x100,
}

/** Low bits that are reserved in a PDPTE of PAE paging, which has no rights: 2:1 and 8:5 (Figure 5-10). */
export const PDPTE_RESERVED_LOW = 0x1e6;

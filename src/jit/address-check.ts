/** How the address of a load or a store is looked at. */

/** What is to be done about the address of an access. */
export interface AddressCheck {
  /** Number of the run of pages that it is held against. */
  readonly run: number;
  /** The same number for those that are looked at together. */
  readonly group: number;
  /** It is known to lie in the run. */
  readonly isDone: boolean;
  /** Bytes from it to the first access of those that it is looked at for, and whether there are others than at that place. */
  readonly offset: number;
  readonly isSpan: boolean;
}

/**
 * How compiled code remembers status flags that nobody has asked for yet: three values and what was done with them
 * (lazy-flags.ts). Families are in width order.
 */
export enum FlagKind {
  /** The flags are in `CpuState`. */
  Settled,
  /** `result` is `flagResult`, `right` is `flagAux` (flags.ts). */
  Explicit,
  /** result = left + right, with or without a carry in */
  Add8,
  Add16,
  Add32,
  Add64,
  /** result = left - right, with or without a borrow in */
  Sub8,
  Sub16,
  Sub32,
  Sub64,
  /** result = something + 1; `right` is the CF that was there before */
  Inc8,
  Inc16,
  Inc32,
  Inc64,
  /** result = something - 1; `right` is the CF that was there before */
  Dec8,
  Dec16,
  Dec32,
  Dec64,
}

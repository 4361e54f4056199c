/** An access whose address moves by the same at each turn of a loop. */
import type { Sum } from './register-sums.js';

/** An access of the block, made at `address` in the first turn and `step` further in each that follows. */
export interface SteadyAccess {
  readonly address: Sum;
  /** A constant, or with terms: known when the loop is entered. Turns are counted for steps that are not negative then. */
  readonly step: Sum;
  /** Sums that must be below 2^31 when the loop is entered: they stay, or move as the access does. */
  readonly cuts: readonly Sum[];
  /** Number of the run of pages that it is held against. */
  readonly run: number;
  /** log2 of what `address` must be a multiple of when the loop is entered, so that all turns are aligned; 0: they may not be. */
  readonly alignment: number;
}

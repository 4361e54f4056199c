/** Where values are that loads and stores of a block leave for loads behind them (kept-values.ts). */
import type { Local } from './locals.js';

/** Locals for micro-ops, by address. */
export interface KeptLocals {
  /** Of loads and stores: where what they load or store is kept, zero-extended. */
  readonly keeping: ReadonlyMap<number, Local>;
  /** Of loads: where their value is. */
  readonly known: ReadonlyMap<number, Local>;
}

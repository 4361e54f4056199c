/** The invariants by name, in the order in which reports have them. */
import { exitCost } from './invariants/exit-cost.js';
import { handlerReturns, mergedIntoAnother, noneLost, nonePendingAtHalt } from './invariants/fates.js';
import type { Invariant } from './invariants/invariant.js';
import { latency } from './invariants/latency.js';
import { noNesting } from './invariants/nesting.js';
import { transparency } from './invariants/transparency.js';
import { vmcbConsistency } from './invariants/vmcb-consistency.js';

export const INVARIANTS = {
  'none-lost': noneLost,
  'merged-into-another': mergedIntoAnother,
  'none-pending-at-halt': nonePendingAtHalt,
  'handler-returns': handlerReturns,
  'no-nesting': noNesting,
  transparency,
  'exit-cost': exitCost,
  latency,
  'vmcb-consistency': vmcbConsistency,
} as const satisfies Record<string, Invariant>;

export type InvariantName = keyof typeof INVARIANTS;

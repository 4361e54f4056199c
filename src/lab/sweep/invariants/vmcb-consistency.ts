/** What the VMCB says at each exit and entry fits together, and VMRUN never refuses it. */
import type { Invariant } from './invariant.js';

export const vmcbConsistency: Invariant = ({ vmcb, outcome }) => {
  if (outcome.kind === 'ended' && outcome.stop.kind === 'invalid-vmcb')
    return { message: `VMRUN refused the VMCB: ${outcome.stop.violations.join('; ')}`, time: outcome.at };
  const [first] = vmcb;
  return first ?? null;
};

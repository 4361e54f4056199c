/** What a whole region touches: registers that its function keeps in locals. */
import { Uop } from '../../assembly/abi/uop.js';
import { EndKind, isTransfer, type Region } from './region.js';
import { slotsRead, slotsWritten, TRANSFER_SLOTS } from './register-use.js';
import { addVectorUse, noUse, type VectorUse } from './vector-use.js';

export interface RegionUse {
  /** Bit n: slot n of the register file. */
  readonly slotsRead: number;
  readonly slotsWritten: number;
  readonly vectors: VectorUse;
  /** It has operations that MXCSR governs. */
  readonly hasFloat: boolean;
}

export function useOfRegion(region: Region): RegionUse {
  let [read, written, hasFloat] = [0, 0, false];
  const vectors = noUse();
  for (const { uops, last, end } of region.blocks) {
    if (isTransfer(end)) read |= TRANSFER_SLOTS;
    if (isTransfer(end)) written |= TRANSFER_SLOTS;
    const isLastCompiled = !isTransfer(end) && end !== EndKind.Interpret;
    for (const uop of isLastCompiled ? [...uops, last] : uops) {
      read |= slotsRead(uop);
      written |= slotsWritten(uop);
      addVectorUse(vectors, uop);
      hasFloat ||= uop.code === Uop.Float;
    }
  }
  return { slotsRead: read, slotsWritten: written, vectors, hasFloat };
}

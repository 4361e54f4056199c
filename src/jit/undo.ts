/** What a stretch of code changes in registers, kept so that it can be put back. */
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { GENERAL_SLOTS, slotsWritten } from './register-use.js';
import { addVectorUse, noUse, type VectorUse } from './vector-use.js';

export class Undo {
  constructor(
    private readonly emitter: Emitter,
    private readonly uops: readonly UopFields[],
  ) {}

  save(): void {
    const { code } = this.emitter;
    this.eachChanged((local, saved) => {
      code.get(local);
      code.set(saved);
    });
  }

  restore(): void {
    const { code } = this.emitter;
    this.eachChanged((local, saved) => {
      code.get(saved);
      code.set(local);
    });
  }

  /** Visits what may change, and where that is kept meanwhile. */
  private eachChanged(visit: (local: number, saved: number) => void): void {
    const { vectors } = this.emitter;
    const slots = this.uops.reduce((mask, uop) => mask | slotsWritten(uop), 0);
    for (let slot = 0; slot < GENERAL_SLOTS; slot++) {
      if (((slots >>> slot) & 1) !== 0) visit(slot, Local.SavedSlots + slot);
    }
    const vector: VectorUse = this.uops.reduce((use, uop) => (addVectorUse(use, uop), use), noUse());
    vectors.eachWritten(vector, (local) => visit(local, vectors.savedLocal(local)));
  }
}

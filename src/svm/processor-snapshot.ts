/** The processor's state as data, its pins and what is scheduled for them included. */
import type { CoreSnapshot } from '../core/core-snapshot.js';
import type { SavedPins } from './pins.js';
import type { ScheduledEvent } from './schedule.js';

export interface ProcessorSnapshot {
  readonly core: CoreSnapshot;
  readonly pins: SavedPins;
  readonly schedule: readonly ScheduledEvent[];
  /** Physical address of the VMCB of the guest that is entered; null: the host runs. */
  readonly enteredVmcb: number | null;
}

/**
 * Copy-on-write checkpoints of a processor: the moments that it can go back to, in any order, at the cost of the pages that
 * differ.
 */
import { VMCB_BYTES } from '../../assembly/abi/vmcb-layout.js';
import type { Core } from '../core/core.js';
import { type AddressRange, type CoreCheckpoint, CoreCheckpoints } from '../core/core-checkpoint.js';
import type { GuestRun } from './guest-run.js';
import type { Pins, SavedPins } from './pins.js';
import type { Schedule, ScheduledEvent } from './schedule.js';
import type { Vmcb } from './vmcb.js';

export type { AddressRange };

/** A moment to go back to. Whoever holds it releases it. */
export interface ProcessorCheckpoint {
  readonly core: CoreCheckpoint;
  readonly pins: SavedPins;
  readonly schedule: readonly ScheduledEvent[];
  /** The VMCB of the guest that is entered. */
  readonly entered: Vmcb | null;
}

export class ProcessorCheckpoints {
  private readonly cores: CoreCheckpoints;
  private readonly vmcbs: number[] = [];

  constructor(
    private readonly core: Core,
    private readonly pins: Pins,
    private readonly schedule: Schedule,
    private readonly guest: GuestRun,
  ) {
    this.cores = new CoreCheckpoints(core, this.vmcbs);
  }

  /** The host has a window on this VMCB, and will not say when it writes. */
  expectWrites(physical: number): void {
    if (this.vmcbs.includes(physical)) return;
    this.vmcbs.push(physical);
    this.core.touch(physical, VMCB_BYTES);
  }

  take(): ProcessorCheckpoint {
    return {
      core: this.cores.take(),
      pins: this.pins.save(),
      schedule: this.schedule.save(),
      entered: this.guest.entered,
    };
  }

  returnTo({ core, pins, schedule, entered }: ProcessorCheckpoint): void {
    this.cores.returnTo(core);
    this.pins.restore(pins);
    this.schedule.restore(schedule);
    this.guest.replace(entered);
  }

  release({ core }: ProcessorCheckpoint): void {
    this.cores.release(core);
  }

  /** No checkpoint is of use any more. */
  forgetAll(): void {
    this.cores.forgetAll();
  }

  /** Addresses of the pages below `end` that are not what they were, ascending. */
  changedSince({ core }: ProcessorCheckpoint, end: number): number[] {
    return this.cores.changedSince(core, end);
  }

  /** Addresses below `end` whose bytes are not what they were, ascending. */
  bytesChangedSince({ core }: ProcessorCheckpoint, end: number): AddressRange[] {
    return this.cores.bytesChangedSince(core, end);
  }

  /** Copies physical memory as it was. */
  read({ core }: ProcessorCheckpoint, address: number, bytes: number): Uint8Array {
    return this.cores.read(core, address, bytes);
  }

  /** A hash of registers, physical memory, and bytes from elsewhere. */
  hash(...others: readonly Uint8Array[]): bigint {
    return this.cores.hash(...others);
  }

  /** Images of pages that checkpoints keep, of 4 KiB each. */
  get imageCount(): number {
    return this.cores.imageCount;
  }
}

/**
 * Checkpoints of a virtual machine: moments that it can go back to, in its own process.
 *
 * Guest memory is copied page by page as it changes, histories are remembered by where they ended, and the rest is small. So a
 * checkpoint costs microseconds, and going back costs what has changed. `Vm.snapshot` is for what leaves the process.
 */
import type { SavedDevice } from '../devices/port-device.js';
import { MemoryRangeError, UsageError } from '../errors.js';
import type { Processor } from '../svm/processor.js';
import type { AddressRange, ProcessorCheckpoint } from '../svm/processor-checkpoint.js';
import type { SavedAgenda } from './agenda.js';
import type { ConsoleMark } from './console.js';
import type { Kick, SavedKick } from './kick.js';
import type { SavedDelivery } from './nmi/delivery.js';
import type { AccountingMark, NmiAccounting } from './nmi-accounting.js';
import type { PagePool } from './page-pool.js';
import type { StopReason } from './run-result.js';
import type { SavedVcpu, Vcpu } from './vcpu.js';

export type { AddressRange };

/** A moment of one virtual machine. */
export interface Checkpoint {
  /** The machine's time at that moment. */
  readonly time: number;
  /** Whether the machine can still go back to it. */
  readonly isHeld: boolean;
  /** Copies guest-physical memory as it was. Throws `MemoryRangeError` if the bytes are not all RAM. */
  read(gpa: number, bytes: number): Uint8Array;
  /** Gives back the memory that only this checkpoint needs. */
  release(): void;
}

/** What a checkpoint is of. */
export interface CheckpointedParts {
  readonly processor: Processor;
  readonly vcpu: Vcpu;
  readonly nmis: NmiAccounting;
  readonly kick: Kick;
  readonly tablePages: PagePool;
}

interface Moment {
  readonly processor: ProcessorCheckpoint;
  readonly vcpu: SavedVcpu;
  readonly devices: Readonly<Record<number, SavedDevice>>;
  readonly delivery: SavedDelivery;
  readonly agenda: SavedAgenda;
  readonly accounting: AccountingMark;
  readonly kick: SavedKick;
  readonly console: ConsoleMark;
  readonly nextTablePage: number;
  readonly ended: StopReason | null;
}

class HeldCheckpoint implements Checkpoint {
  private isReleased = false;

  constructor(
    readonly owner: Checkpoints,
    readonly time: number,
    readonly moment: Moment,
    private readonly era: number,
  ) {}

  get isHeld(): boolean {
    return !this.isReleased && this.era === this.owner.era;
  }

  read(gpa: number, bytes: number): Uint8Array {
    return this.owner.read(this, gpa, bytes);
  }

  release(): void {
    if (this.isHeld) this.owner.release(this);
    this.isReleased = true;
  }
}

export class Checkpoints {
  /** Checkpoints of an earlier era are void: the machine has become another one since. */
  era = 0;

  constructor(private readonly parts: CheckpointedParts) {}

  take(ended: StopReason | null): Checkpoint {
    const { processor, vcpu, nmis, kick, tablePages } = this.parts;
    return new HeldCheckpoint(
      this,
      vcpu.now(),
      {
        processor: processor.checkpoints.take(),
        vcpu: vcpu.save(),
        devices: vcpu.ports.save(),
        delivery: vcpu.delivery.save(),
        agenda: vcpu.agenda.mark(),
        accounting: nmis.mark(),
        kick: kick.save(),
        console: vcpu.console.mark(),
        nextTablePage: tablePages.next,
        ended,
      },
      this.era,
    );
  }

  /** Returns why the guest had ended then, if it had. */
  returnTo(checkpoint: Checkpoint): StopReason | null {
    const { moment } = this.held(checkpoint);
    const { processor, vcpu, nmis, kick, tablePages } = this.parts;
    processor.checkpoints.returnTo(moment.processor);
    vcpu.restore(moment.vcpu);
    vcpu.ports.restore(moment.devices);
    vcpu.delivery.restore(moment.delivery);
    vcpu.agenda.returnTo(moment.agenda);
    nmis.returnTo(moment.accounting);
    kick.restore(moment.kick);
    vcpu.console.returnTo(moment.console);
    tablePages.next = moment.nextTablePage;
    return moment.ended;
  }

  release({ moment }: HeldCheckpoint): void {
    this.parts.processor.checkpoints.release(moment.processor);
  }

  /** The machine becomes another one. */
  forgetAll(): void {
    this.era++;
  }

  pagesChangedSince(checkpoint: Checkpoint): number[] {
    const { processor, vcpu } = this.parts;
    const { moment } = this.held(checkpoint);
    return processor.checkpoints.changedSince(moment.processor, vcpu.memory.byteLength);
  }

  bytesChangedSince(checkpoint: Checkpoint): AddressRange[] {
    const { processor, vcpu } = this.parts;
    const { moment } = this.held(checkpoint);
    return processor.checkpoints.bytesChangedSince(moment.processor, vcpu.memory.byteLength);
  }

  read(checkpoint: Checkpoint, gpa: number, bytes: number): Uint8Array {
    const { processor, vcpu } = this.parts;
    const { moment } = this.held(checkpoint);
    if (!vcpu.memory.contains(gpa, bytes)) throw new MemoryRangeError(gpa, bytes, vcpu.memory.byteLength);
    return processor.checkpoints.read(moment.processor, gpa, bytes);
  }

  private held(checkpoint: Checkpoint): HeldCheckpoint {
    if (!(checkpoint instanceof HeldCheckpoint) || checkpoint.owner !== this)
      throw new UsageError('the checkpoint is of another virtual machine');
    if (!checkpoint.isHeld)
      throw new UsageError('the checkpoint was released, or a snapshot has been restored since it was taken');
    return checkpoint;
  }
}

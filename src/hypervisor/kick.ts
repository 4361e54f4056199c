/**
 * The kick: the physical interrupt that makes a running guest exit, as a real hypervisor sends one to the processor that
 * runs the guest. It carries a request in when its time comes, or gives the guest back at once.
 */
import type { Processor } from '../svm/processor.js';

/** Nobody sees the vector: the exit is all that a kick is for. */
const VECTOR = 0xf2;

export interface SavedKick {
  readonly isForced: boolean;
  readonly at: number | null;
}

export class Kick {
  /** The strategy wants the guest back at once. */
  isForced = false;
  /** The clock for which it is scheduled. */
  private at: number | null = null;

  constructor(
    private readonly processor: Pick<
      Processor,
      'clock' | 'cancelInterrupts' | 'scheduleInterrupt' | 'raiseInterrupt'
    >,
  ) {}

  /** Schedules it for a clock, or for none; at once, too, if it is forced. */
  arm(clock: number | null): void {
    const at = clock === null ? null : Math.max(clock, this.processor.clock);
    if (at !== this.at) {
      this.processor.cancelInterrupts();
      if (at !== null) this.processor.scheduleInterrupt(at, VECTOR);
      this.at = at;
    }
    if (this.isForced) this.processor.raiseInterrupt(VECTOR);
  }

  /** The host takes its interrupt. */
  withdraw(): void {
    this.processor.cancelInterrupts();
    this.at = null;
  }

  save(): SavedKick {
    return { isForced: this.isForced, at: this.at };
  }

  restore({ isForced, at }: SavedKick): void {
    this.isForced = isForced;
    this.at = at;
  }
}

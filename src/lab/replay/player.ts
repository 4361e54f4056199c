/** Does to a machine what a recording says, up to any time, and can go back. */
import type { Checkpoint } from '../../hypervisor/checkpoint.js';
import { isResumable, type StopReason } from '../../hypervisor/run-result.js';
import type { Vm } from '../../hypervisor/vm.js';
import type { RecordedEvent, RecordedStep } from './recording.js';

/** A place in a recording. */
export interface Place {
  readonly checkpoint: Checkpoint;
  readonly next: number;
}

export class Player {
  private next = 0;

  /** @param vm At the recording's start. */
  constructor(
    readonly vm: Vm,
    private readonly steps: readonly RecordedStep[],
  ) {}

  /** Events of before `time` happen; those of that time, and what the guest does then, are still to come. */
  runTo(time: number): void {
    for (;;) {
      const step = this.steps[this.next];
      if (step === undefined || this.vm.time >= time) return;
      if (step.kind !== 'run') this.apply(step);
      else if (!this.advance(Math.min(step.until, time)) || step.until > this.vm.time) return;
      else if (step.stop === 'budget') this.next++;
      else return;
    }
  }

  /** The rest. Returns why it stopped; a machine that should have ended and did not stops at its budget. */
  finish(): StopReason {
    let stop: StopReason = { kind: 'budget' };
    for (let step = this.steps[this.next]; step !== undefined; step = this.steps[this.next]) {
      if (step.kind !== 'run') this.apply(step);
      else {
        this.next++;
        // What ends a guest takes no time, but one that does not end goes on.
        const more = step.stop === 'budget' ? 0 : 1;
        stop = this.vm.advance({ maxInstructions: Math.max(0, step.until - this.vm.time + more) });
      }
    }
    return stop;
  }

  /** Runs to the next event, or to `time`. Returns the event, which is still to come, or null if there is none before. */
  runToEvent(time: number): RecordedEvent | null {
    while (this.vm.time < time) {
      const step = this.steps[this.next];
      if (step === undefined) return null;
      if (step.kind !== 'run') return step;
      this.runTo(Math.min(step.until, time));
      if (this.steps[this.next] === step) return null;
    }
    return null;
  }

  mark(): Place {
    return { checkpoint: this.vm.checkpoint(), next: this.next };
  }

  returnTo({ checkpoint, next }: Place): void {
    this.vm.returnTo(checkpoint);
    this.next = next;
  }

  /** False: the guest is over. */
  private advance(until: number): boolean {
    return isResumable(this.vm.advance({ maxInstructions: until - this.vm.time }));
  }

  private apply(step: RecordedEvent): void {
    this.next++;
    const { vm } = this;
    if (step.kind === 'nmi') vm.requestNmi({ atInstruction: step.at });
    else if (step.kind === 'register') vm.registers.set(step.name, step.value);
    else vm.memory.write(step.gpa, fromHex(step.bytes));
  }
}

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Runs: turns of the loop in slices, until the guest ends, a budget is spent, a trap is hit, or somebody cancels. */
import { requireOptions, UsageError } from '../errors.js';
import type { Processor } from '../svm/processor.js';
import type { ProcessorTraps } from '../svm/traps.js';
import type { CallbackGuard } from './callback-guard.js';
import type { GuestLoop } from './guest-loop.js';
import { compareMoments, type Moment } from './moment.js';
import { isResumable, type StopReason } from './run-result.js';
import { type Traps, TrapWatch } from './traps.js';
import type { Vcpu } from './vcpu.js';
import type { RunOptions, SettleOptions } from './vm-options.js';

export interface RunnerParts {
  readonly processor: Processor;
  readonly vcpu: Vcpu;
  readonly loop: GuestLoop;
  readonly guard: CallbackGuard;
  /** Linear address of the instruction that is next. */
  readonly nextInstruction: () => bigint;
  readonly moment: () => Moment;
}

/** A run that has begun. */
export interface Run {
  readonly end: number;
  readonly traps: Traps | undefined;
}

/** A slice ends after so many instructions or exits: 50 to 100 ms on the machines of 2026. */
const SLICE_INSTRUCTIONS = 5_000_000;
const SLICE_EXITS = 20_000;

export class Runner {
  /** Why the guest is over, once it is. */
  ended: StopReason | null = null;

  constructor(private readonly parts: RunnerParts) {}

  private get time(): number {
    return this.parts.vcpu.now();
  }

  begin(options: RunOptions): Run {
    requireOptions('run', options);
    const { maxInstructions = Infinity, traps } = options;
    const end =
      maxInstructions === Infinity ? Infinity : this.time + toCount('maxInstructions', maxInstructions);
    if (traps) this.parts.processor.passBreakpoint(this.parts.nextInstruction());
    return { end, traps };
  }

  /** A slice of a run; null if it goes on after it. */
  slice({ end, traps }: Run, { signal, onSlice, isSilent = false }: RunOptions): StopReason | null {
    const { processor, vcpu } = this.parts;
    const stop = this.quietly(isSilent, () => {
      const watch = traps ? new TrapWatch(traps, processor, vcpu) : null;
      try {
        return this.runTurns(end, watch, signal);
      } finally {
        watch?.end();
      }
    });
    if (stop === null) onSlice?.(this.time);
    return stop;
  }

  /** See `Vm.settle`. */
  settle(options: SettleOptions): StopReason | null {
    requireOptions('settle', options);
    const { isSilent = false, upTo } = options;
    const { processor, vcpu, moment } = this.parts;
    return this.quietly(isSilent, () => {
      for (let turns = 0; turns < SLICE_EXITS; turns++) {
        if (upTo && compareMoments(moment(), upTo) >= 0) return null;
        const stop = this.turn(this.time);
        if (stop || processor.isGuestEntered || vcpu.haltedAt !== null) return stop;
      }
      return null;
    });
  }

  private quietly<T>(isSilent: boolean, steps: () => T): T {
    const { guard } = this.parts;
    return guard.shield(() => {
      guard.isSilent = isSilent;
      try {
        return steps();
      } finally {
        guard.isSilent = false;
      }
    });
  }

  private runTurns(end: number, watch: TrapWatch | null, signal: AbortSignal | undefined): StopReason | null {
    const sliceEnd = Math.min(end, this.time + SLICE_INSTRUCTIONS);
    for (let exits = 0; exits < SLICE_EXITS; exits++) {
      if (this.ended) return this.ended;
      if (signal?.aborted) return { kind: 'cancelled' };
      const { time } = this;
      if (time >= end) return { kind: 'budget' };
      if (time >= sliceEnd) return null;
      const stop = this.turn(sliceEnd, watch?.processorTraps);
      if (stop) return stop;
      const trap = watch?.afterTurn(this.parts.loop.lastExit);
      if (trap) return { kind: 'trap', trap };
    }
    return null;
  }

  private turn(end: number, traps?: ProcessorTraps): StopReason | null {
    if (this.ended) return this.ended;
    const stop = this.parts.loop.turn(end, traps);
    if (stop && !isResumable(stop)) this.ended = stop;
    this.parts.guard.rethrow();
    return stop;
  }
}

/** A count of instructions that a caller gave. */
export function toCount(name: string, value: number | bigint): number {
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 0)
    throw new UsageError(`${name} is a whole number of instructions, 0 or more, not ${value}`);
  return count;
}

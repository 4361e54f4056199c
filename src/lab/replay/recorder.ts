/**
 * Records what happens to a machine. Whoever wants that asks the recorder instead of the machine, for runs as for events.
 */
import { UsageError } from '../../errors.js';
import type { RunResult, StopReason } from '../../hypervisor/run-result.js';
import { isResumable } from '../../hypervisor/run-result.js';
import type { Vm } from '../../hypervisor/vm.js';
import type { NmiRequestOptions } from '../../hypervisor/vm-options.js';
import type { VmSnapshot } from '../../hypervisor/vm-snapshot.js';
import type { RecordedStep, Recording, StateCheck } from './recording.js';
import { checkEnd, checkState } from './state-check.js';

/** Checks of a recording: when there are more, every other one goes, and the rest of the run has half as many. */
const MOST_CHECKS = 256;
const FIRST_INTERVAL = 1000;
/** A slice ends after so many instructions, as those of a machine do. */
const SLICE_INSTRUCTIONS = 5_000_000;

export interface RecorderOptions {
  /** Instructions between two checks, to begin with; 1,000 unless given. */
  readonly checkEvery?: number | undefined;
}

export interface RecordedRunOptions {
  /** Most instructions to run, time in HLT included. Unlimited unless given. */
  readonly maxInstructions?: number | undefined;
  /** Looked at between slices. */
  readonly signal?: AbortSignal | undefined;
  /** Called between slices with the machine's time. */
  readonly onSlice?: ((time: number) => void) | undefined;
}

export class Recorder {
  private readonly start: VmSnapshot;
  private readonly steps: RecordedStep[] = [];
  private checks: StateCheck[];
  private interval: number;
  private nextCheck: number;
  /** What the machine was when the recorder had it last. */
  private last: string;

  /**
   * Begins where the machine is. Throws a `UsageError` if its NMI schedule is neither a list nor described: nobody could give
   * it again.
   */
  constructor(
    private readonly vm: Vm,
    { checkEvery = FIRST_INTERVAL }: RecorderOptions = {},
  ) {
    if (!Number.isSafeInteger(checkEvery) || checkEvery < 1)
      throw new UsageError(`checkEvery is a number of instructions, 1 or more, not ${checkEvery}`);
    this.start = vm.snapshot();
    if (this.start.schedule === null)
      throw new UsageError('a recording needs an NMI schedule that is a list, or made by startSchedule');
    this.interval = checkEvery;
    this.nextCheck = vm.time + checkEvery;
    this.checks = [checkState(vm)];
    this.last = vm.stateHash();
  }

  /** As `vm.requestNmi`. */
  requestNmi({ atInstruction = this.vm.time }: NmiRequestOptions = {}): void {
    const at = Number(atInstruction);
    this.change({ kind: 'nmi', at }, () => this.vm.requestNmi({ atInstruction: at }));
  }

  /** As `vm.memory.write`. */
  writeMemory(gpa: number, bytes: Uint8Array): void {
    const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    this.change({ kind: 'memory', gpa, bytes: digits }, () => this.vm.memory.write(gpa, bytes));
  }

  /** As `vm.registers.set`. */
  setRegister(name: string, value: bigint): void {
    this.change({ kind: 'register', name, value }, () => this.vm.registers.set(name, value));
  }

  /** As `vm.run`. */
  run(options: RecordedRunOptions = {}): RunResult {
    for (const slices = this.slices(options); ;) {
      const { done, value } = slices.next();
      if (done) return value;
    }
  }

  /** As `vm.runAsync`. */
  async runAsync(options: RecordedRunOptions = {}): Promise<RunResult> {
    for (const slices = this.slices(options); ;) {
      const { done, value } = slices.next();
      if (done) return value;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /** What has been recorded so far; the machine and the recorder can go on. */
  recording(): Recording {
    this.requireUnchanged();
    const { vm, start, steps, checks } = this;
    const result = vm.run({ maxInstructions: 0 });
    return { start, steps: steps.slice(), checks: checks.slice(), end: checkEnd(vm, result) };
  }

  private *slices({
    maxInstructions = Infinity,
    signal,
    onSlice,
  }: RecordedRunOptions): Generator<undefined, RunResult> {
    this.requireUnchanged();
    const end = this.vm.time + maxInstructions;
    for (;;) {
      const stop = this.slice(end, signal);
      if (stop) {
        this.last = this.vm.stateHash();
        return { ...this.vm.run({ maxInstructions: 0 }), stop };
      }
      onSlice?.(this.vm.time);
      yield;
    }
  }

  /** Null: go on. */
  private slice(end: number, signal: AbortSignal | undefined): StopReason | null {
    const { vm } = this;
    const sliceEnd = Math.min(end, vm.time + SLICE_INSTRUCTIONS);
    while (vm.time < sliceEnd) {
      if (signal?.aborted) return { kind: 'cancelled' };
      const stop = vm.advance({ maxInstructions: Math.min(sliceEnd, this.nextCheck) - vm.time });
      this.noteRun(stop);
      if (!isResumable(stop)) return stop;
      if (vm.time >= this.nextCheck) this.check();
    }
    return vm.time >= end ? { kind: 'budget' } : null;
  }

  /** A run that goes on from a budget is one run. */
  private noteRun({ kind: stop }: StopReason): void {
    const before = this.steps.at(-1);
    if (before?.kind === 'run') this.steps.pop();
    this.steps.push({ kind: 'run', until: this.vm.time, stop });
  }

  private check(): void {
    this.checks.push(checkState(this.vm));
    if (this.checks.length > MOST_CHECKS) {
      this.checks = this.checks.filter((_, i) => i % 2 === 0);
      this.interval *= 2;
    }
    this.nextCheck = this.vm.time + this.interval;
  }

  private change(step: RecordedStep, apply: () => void): void {
    this.requireUnchanged();
    apply();
    this.steps.push(step);
    this.last = this.vm.stateHash();
  }

  private requireUnchanged(): void {
    if (this.vm.stateHash() !== this.last)
      throw new UsageError('somebody else has changed the machine that is being recorded');
  }
}

/**
 * Records what happens to a machine. Whoever wants that asks the recorder instead of the machine, for runs as for events.
 */
import { UsageError } from '../../errors.js';
import type { RunResult, StopReason } from '../../hypervisor/run-result.js';
import { isResumable } from '../../hypervisor/run-result.js';
import type { Vm } from '../../hypervisor/vm.js';
import type { NmiRequestOptions } from '../../hypervisor/vm-options.js';
import type { ScheduleSpec } from '../../hypervisor/schedule-spec.js';
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
  /** What has come of an NMI schedule that only its maker could give again. */
  private readonly scheduled: () => number[];
  /** In the middle of a run: callbacks may ask, and have asked so often. */
  private isRunning = false;
  private requestedLater = 0;

  /** Begins where the machine is. */
  constructor(
    private readonly vm: Vm,
    { checkEvery = FIRST_INTERVAL }: RecorderOptions = {},
  ) {
    if (!Number.isSafeInteger(checkEvery) || checkEvery < 1)
      throw new UsageError(`checkEvery is a number of instructions, 1 or more, not ${checkEvery}`);
    this.start = vm.snapshot();
    this.scheduled = vm.keepSchedule();
    this.interval = checkEvery;
    this.nextCheck = vm.time + checkEvery;
    this.checks = [checkState(vm)];
    this.last = vm.stateHash();
  }

  /**
   * As `vm.requestNmi`. A callback can ask for one that comes later, after one instruction or more: what happens between two
   * instructions has an order that a recording does not keep. Throws a `UsageError` if it asks for one at once.
   */
  requestNmi({ atInstruction = this.vm.time }: NmiRequestOptions = {}): void {
    const at = Number(atInstruction);
    if (this.isRunning) return this.requestLater(at);
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
    const { vm, steps, checks } = this;
    const result = vm.run({ maxInstructions: 0 });
    const start = { ...this.start, schedule: this.start.schedule ?? this.scheduleSoFar() };
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
      const stop = this.advance(Math.min(sliceEnd, this.nextCheck) - vm.time);
      this.noteRun(stop);
      if (!isResumable(stop)) return stop;
      if (vm.time >= this.nextCheck) this.check();
    }
    return vm.time >= end ? { kind: 'budget' } : null;
  }

  private advance(maxInstructions: number): StopReason {
    const { vm } = this;
    const edits = vm.edits;
    this.requestedLater = 0;
    const stop = this.withCallbacks(() => vm.advance({ maxInstructions }));
    if (vm.edits !== edits + this.requestedLater)
      throw new UsageError(
        'a callback has changed the machine that is being recorded: only the recorder may',
      );
    return stop;
  }

  private withCallbacks<T>(run: () => T): T {
    this.isRunning = true;
    try {
      return run();
    } finally {
      this.isRunning = false;
    }
  }

  /** Counts from the beginning of this run on: nobody looks at the machine before it ends, and the request is for later. */
  private requestLater(at: number): void {
    if (at <= this.vm.time)
      throw new UsageError(
        'a callback asks a recorder for an NMI at a later instruction, not for one at once',
      );
    this.vm.requestNmi({ atInstruction: at });
    this.requestedLater++;
    this.steps.push({ kind: 'nmi', at });
  }

  /** As a list: what has come before the recording began only counts. */
  private scheduleSoFar(): ScheduleSpec {
    const { read, next } = this.start.agenda;
    const coming = [...(next === null ? [] : [next]), ...this.scheduled()];
    const before = read - (next === null ? 0 : 1);
    return { kind: 'at', counts: [...Array<number>(before).fill(0), ...coming] };
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

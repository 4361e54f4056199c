/**
 * Runs a machine until something happens: it ends, a breakpoint is reached, an exit happens, somebody asks to pause. In slices,
 * between which messages from the page are heard.
 */
import { isResumable, type RunResult, type Vm } from 'vmexit';
import { History } from './history.js';

/** A run lets messages in this often. */
const SLICE_MS = 12;
const FIRST_SLICE = 20_000;
const LARGEST_SLICE = 5_000_000;
/** With breakpoints the guest goes one instruction at a time, so many before the clock is looked at. */
const STEPS = 256;

export type RunGoal =
  | { readonly kind: 'end' | 'exit' }
  | { readonly kind: 'time'; readonly time: number }
  | { readonly kind: 'address'; readonly address: bigint };

/** Why a run stopped, unless the guest has ended. */
export type Halt = 'pause' | 'breakpoint' | 'goal' | 'ended';

export class RunControl {
  breakpoints: ReadonlySet<bigint> = new Set();
  private readonly history: History;
  private isPauseAsked = false;
  private exitTime: number | null = null;
  private isGoingBack = false;
  result: RunResult;

  constructor(
    private readonly vm: Vm,
    private readonly onSlice: (result: RunResult) => void,
  ) {
    this.result = vm.run({ maxInstructions: 0 });
    this.history = new History(vm);
  }

  /** Trace events of the past that happens again are no news. */
  get isReplaying(): boolean {
    return this.isGoingBack;
  }

  /** Told of every exit. */
  noteExit(time: number): void {
    this.exitTime ??= time;
  }

  pause(): void {
    this.isPauseAsked = true;
  }

  requestNmi(): void {
    this.history.requestNmi();
  }

  step(): void {
    this.result = this.vm.run({ maxInstructions: 1 });
  }

  goBackTo(time: number): void {
    this.isGoingBack = true;
    this.history.goBackTo(Math.max(0, time));
    this.isGoingBack = false;
    this.result = this.vm.run({ maxInstructions: 0 });
  }

  async run(goal: RunGoal): Promise<Halt> {
    this.isPauseAsked = false;
    this.exitTime = null;
    let slice = FIRST_SLICE;
    for (;;) {
      const start = performance.now();
      const halt = this.mustStep(goal) ? this.runSteps(goal) : this.runSlice(goal, slice);
      if (halt !== null) return halt;
      slice = nextSlice(slice, performance.now() - start);
      this.history.keep();
      this.onSlice(this.result);
      await messagesHandled();
      if (this.isPauseAsked) return 'pause';
    }
  }

  private mustStep({ kind }: RunGoal): boolean {
    return kind === 'exit' || kind === 'address' || (kind === 'end' && this.breakpoints.size > 0);
  }

  private runSlice(goal: RunGoal, slice: number): Halt | null {
    const { vm } = this;
    const end = goal.kind === 'time' ? goal.time : Infinity;
    this.result = vm.run({ maxInstructions: Math.min(slice, Math.max(0, end - vm.time)) });
    if (!isResumable(this.result.stop)) return 'ended';
    return vm.time >= end ? 'goal' : null;
  }

  private runSteps(goal: RunGoal): Halt | null {
    const { vm } = this;
    const end = performance.now() + SLICE_MS;
    while (performance.now() < end) {
      for (let step = 0; step < STEPS; step++) {
        this.result = vm.run({ maxInstructions: 1 });
        if (!isResumable(this.result.stop)) return 'ended';
        if (goal.kind === 'exit' && this.exitTime !== null) return 'goal';
        const address = vm.virtual.codeAddress(vm.registers.get('rip'));
        if (goal.kind === 'address' && address === goal.address) return 'goal';
        if (this.breakpoints.has(address)) return 'breakpoint';
      }
    }
    return null;
  }
}

function nextSlice(slice: number, ms: number): number {
  const wanted = ms < 1 ? slice * 4 : (slice * SLICE_MS) / ms;
  return Math.round(Math.min(LARGEST_SLICE, Math.max(1, Math.min(wanted, slice * 4))));
}

/** Resolves when the messages that have come are handled: a task, not a microtask. */
function messagesHandled(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

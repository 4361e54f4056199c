/**
 * Runs a machine until something happens: it ends, a breakpoint is reached, an exit happens, somebody asks to pause. In slices,
 * between which messages from the page are heard.
 */
import { type RunResult, type StopReason, type Traps, type Vm } from 'vmexit';
import { History } from './history.js';
import { TOUR_MOMENTS, type TourMoment } from './tour-moments.js';

/** A run lets messages in this often. */
const SLICE_MS = 12;
/** And at least this often, whatever the guest begins to do. */
const LONGEST_SLICE_MS = 40;
const FIRST_SLICE = 20_000;
const LARGEST_SLICE = 5_000_000;

/** As many as a machine takes at once. */
const MOST_BREAKPOINTS = 1024;

export type RunGoal =
  | { readonly kind: 'end' | 'exit' }
  | { readonly kind: 'time'; readonly time: number }
  | { readonly kind: 'address'; readonly address: bigint }
  | { readonly kind: 'moment'; readonly moment: TourMoment };

/** What a run or a step came to: its stop; or the reader's pause; or the time that was asked for. */
export type Halt = StopReason | { readonly kind: 'pause' | 'goal' | 'step' | 'back' };

/** A step ends where a handler begins, before its first instruction. */
const STEP_TRAPS: Traps = { deliveries: true };

export class RunControl {
  breakpoints: ReadonlySet<bigint> = new Set();
  /** Trace events of a past that happens again are no news. */
  isReplaying = false;
  private readonly history: History;
  private isPauseAsked = false;

  constructor(
    private readonly vm: Vm,
    private readonly onSlice: () => void,
  ) {
    this.history = new History(vm);
  }

  pause(): void {
    this.isPauseAsked = true;
  }

  requestNmi(): void {
    this.history.requestNmi();
  }

  /** What there is to report, without running on. */
  result(): RunResult {
    return this.vm.run({ maxInstructions: 0 });
  }

  /** One instruction, or the delivery of an event; if the guest sleeps, to where it may wake. */
  step(): Halt {
    const { nextRequest, isAsleep } = this.vm.nmiState;
    const asleep = isAsleep && nextRequest !== null ? nextRequest - this.vm.time : 0;
    const stop = this.vm.advance({ maxInstructions: Math.max(1, asleep), traps: STEP_TRAPS });
    return stop.kind === 'budget' ? { kind: 'step' } : stop;
  }

  stepBack(): Halt {
    return this.inThePast(() => this.history.goBack(() => this.step()));
  }

  goBackTo(time: number): Halt {
    return this.inThePast(() => this.history.goTo(time));
  }

  async run(goal: RunGoal): Promise<Halt> {
    this.isPauseAsked = false;
    let slice = FIRST_SLICE;
    for (;;) {
      const start = performance.now();
      const halt = this.runSlice(goal, slice);
      if (halt !== null) return halt;
      slice = nextSlice(slice, performance.now() - start);
      this.history.keep();
      this.onSlice();
      await messagesHandled();
      if (this.isPauseAsked) return { kind: 'pause' };
    }
  }

  private runSlice(goal: RunGoal, slice: number): Halt | null {
    const { vm } = this;
    const end = goal.kind === 'time' ? goal.time : Infinity;
    if (vm.time >= end) return { kind: 'goal' };
    const maxInstructions = Math.min(slice, end - vm.time);
    const stop = vm.advance({
      maxInstructions,
      traps: this.trapsFor(goal),
      signal: deadline(LONGEST_SLICE_MS),
    });
    if (stop.kind === 'budget' || stop.kind === 'cancelled') return null;
    const isOther =
      goal.kind === 'moment' && stop.kind === 'trap' && !TOUR_MOMENTS[goal.moment](vm, stop.trap);
    return isOther ? null : stop;
  }

  private trapsFor(goal: RunGoal): Traps | undefined {
    if (goal.kind === 'time') return undefined;
    if (goal.kind === 'moment') return { exits: true, deliveries: true };
    const wanted = goal.kind === 'address' ? [goal.address] : [];
    const breakpoints = [...wanted, ...this.breakpoints].slice(0, MOST_BREAKPOINTS);
    const isPlain = breakpoints.length === 0 && goal.kind === 'end';
    return isPlain ? undefined : { breakpoints, exits: goal.kind === 'exit' };
  }

  private inThePast(action: () => void): Halt {
    this.isReplaying = true;
    try {
      action();
    } finally {
      this.isReplaying = false;
    }
    return { kind: 'back' };
  }
}

/**
 * A signal that is aborted when the time is over. A guest may exit at every instruction, so that instructions alone say nothing
 * about how long a slice takes.
 */
function deadline(ms: number): AbortSignal {
  const end = performance.now() + ms;
  return Object.defineProperty(new AbortController().signal, 'aborted', {
    get: () => performance.now() > end,
  });
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

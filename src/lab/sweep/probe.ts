/**
 * One probe: from a point of the baseline, an NMI now (and perhaps another a little later), until the handler has returned and
 * the interrupted program is where it was. Then its state is held against the baseline's at the same point.
 */
import type { RegisterImage } from '../../svm/guest-registers/register-image.js';
import { type AddressRange, isWithin } from './address-ranges.js';
import type { Baseline } from './baseline.js';
import type { ExitPromise } from './exit-promises.js';
import { frameBytes, physicalRanges, stackPointer } from './handler-stack.js';
import { type HandlerWalk, walkHandlers } from './handler-walk.js';
import { captureState, type StateImage, StateComparison } from './machine-state.js';
import { findNestings } from './nestings.js';
import type { EndDifference, Observation, Outcome, StateDifference } from './observation.js';
import type { HandlerEntry } from './recorder.js';
import type { Mark, SweepMachine } from './sweep-machine.js';
import { EndVerdicts } from './end-verdicts.js';

export interface ProbeSettings {
  readonly delivery: string;
  /** Guest-physical. */
  readonly mayWrite: readonly AddressRange[];
  readonly promise: ExitPromise | null;
  readonly latencyBound: number | null;
  /** Most instructions from the request until the program is back. */
  readonly handlerLimit: number;
}

/** Instructions that a handler is given before anybody looks; later, as many as it took at that place the last time. */
const FIRST_GUESS = 128;

/** How a probe's run went: it is over when no NMI waits or runs that did not run before. */
interface Run {
  readonly outcome: Outcome;
  /** Instructions of the interrupted program since the request. */
  readonly progress: number;
}

/** The machine at the mark, but for its memory. */
type Before = Pick<StateImage, 'registers' | 'isAsleep'>;

export class Prober {
  private readonly guesses = new Map<bigint, number>();
  private readonly verdicts: EndVerdicts;
  /** How far below its top the handler's stack has been seen to reach, in bytes. */
  private stackDepth = 0n;
  /** Used again and again. */
  private readonly images: { before?: RegisterImage; now?: RegisterImage } = {};

  constructor(
    private readonly machine: SweepMachine,
    baseline: Baseline,
    private readonly settings: ProbeSettings,
  ) {
    this.verdicts = new EndVerdicts(machine, baseline);
  }

  /** What is found in a unit of work depends on nothing that was found in others, wherever and in whatever order they run. */
  beginUnit(): void {
    this.verdicts.forget();
    this.stackDepth = 0n;
  }

  /** The machine is at the mark before and after. @param second When a second NMI is requested, or null. */
  probe(mark: Mark, second: number | null): Observation {
    const { machine, settings } = this;
    const { vm } = machine;
    const rip = vm.registers.get('rip');
    const { handlerDepth: running, isAsleep } = vm.nmiState;
    const registers = (this.images.before = vm.registers.image(this.images.before));
    const run = this.runToReturn(mark, second, rip);
    const { outcome } = run;
    const { entries } = machine.recorder;
    const seen = {
      delivery: settings.delivery,
      at: mark.time,
      second,
      rip,
      running,
      events: machine.recorder.events,
      requests: machine.recorder.requests,
      vmcb: machine.recorder.vmcb,
      outcome,
      promise: settings.promise,
      latencyBound: settings.latencyBound,
    };
    const difference = this.difference(mark, second, run, { registers, isAsleep });
    const nestings = findNestings(seen.events, entries, (end) => this.walk(mark, second, end, 0).irets);
    machine.returnTo(mark);
    return { ...seen, nestings, difference };
  }

  /** The run up to the very instruction at which the program is back. */
  private runToReturn(mark: Mark, second: number | null, rip: bigint): Run {
    const { machine } = this;
    const guess = this.guesses.get(rip) ?? FIRST_GUESS;
    this.request(second);
    const limit = mark.time + this.settings.handlerLimit;
    let end = Math.min(mark.time + guess, limit);
    for (;;) {
      const stop = machine.runTo(end);
      const back = findReturn(machine, mark, second);
      if (back) {
        if (second === null) this.guesses.set(rip, back.at - mark.time);
        if (back.at < machine.vm.time) this.rerun(mark, second, back.at);
        return { outcome: { kind: 'returned', at: back.at }, progress: back.progress };
      }
      const at = machine.vm.time;
      if (stop.kind !== 'budget') return { outcome: { kind: 'ended', at, stop }, progress: 0 };
      const running = machine.vm.nmiState.handlerDepth;
      if (at >= limit) return { outcome: { kind: 'unfinished', at, running }, progress: 0 };
      end = Math.min(limit, at + Math.max(1, at - mark.time));
    }
  }

  private request(second: number | null): void {
    const { vm } = this.machine;
    vm.requestNmi();
    if (second !== null) vm.requestNmi({ atInstruction: second });
  }

  private rerun(mark: Mark, second: number | null, end: number): void {
    this.machine.returnTo(mark);
    this.request(second);
    this.machine.runTo(end);
  }

  private walk(mark: Mark, second: number | null, end: number, base: number): HandlerWalk {
    this.machine.returnTo(mark);
    this.request(second);
    return walkHandlers(this.machine, end, base);
  }

  private difference(
    mark: Mark,
    second: number | null,
    { outcome, progress }: Run,
    before: Before,
  ): EndDifference | null {
    if (outcome.kind === 'unfinished') return null;
    if (outcome.kind === 'ended') return this.verdicts.ofEnd();
    if (progress === 0 && this.isAsBefore(mark, before)) return null;
    const state = this.stateDifference(mark, second, outcome.at, progress);
    if (state === null) return null;
    return this.verdicts.judge(state, () => {
      this.machine.returnTo(mark);
      this.request(second);
    });
  }

  /** Nothing of the program has run, and it is as it was: so most probes end, and the machine need not go anywhere for it. */
  private isAsBefore(mark: Mark, before: Before): boolean {
    const { machine, settings } = this;
    const { vm } = machine;
    this.images.now = vm.registers.image(this.images.now);
    if (!before.registers.equals(this.images.now) || before.isAsleep !== vm.nmiState.isAsleep) return false;
    const allowed = [...settings.mayWrite, ...this.stacksBelow(machine.recorder.entries)];
    return vm.bytesChangedSince(mark.point).every((range) => isWithin(range, allowed));
  }

  /** The machine is where the program is back. */
  private stateDifference(
    mark: Mark,
    second: number | null,
    end: number,
    progress: number,
  ): StateDifference | null {
    const { machine, settings } = this;
    const { vm } = machine;
    const { entries } = machine.recorder;
    const found = captureState(vm, mark.point);
    const expected = this.expectedState(mark, progress);
    const comparison = new StateComparison(expected, found, mark.point);
    const allowed = [...settings.mayWrite, ...this.stacksBelow(entries)];
    const first = comparison.difference(allowed);
    if (first === null || first.memory.length === 0) return first;
    const { stacks } = this.walk(mark, second, end, vm.nmiState.handlerDepth);
    this.expectedState(mark, progress);
    const used = stacks.flatMap(({ low, top }) => physicalRanges(vm, low, top));
    for (const { low, top } of stacks) if (top - low > this.stackDepth) this.stackDepth = top - low;
    return comparison.difference([...allowed, ...used]);
  }

  /** The baseline's state after so many further instructions. The machine is there afterwards. */
  private expectedState(mark: Mark, progress: number): StateImage {
    const { machine } = this;
    machine.returnTo(mark);
    if (progress > 0) machine.runTo(mark.time + progress);
    return captureState(machine.vm, mark.point);
  }

  /** Where handlers' stacks lie, as deep as one was seen to go; not what is on the program's own stack. */
  private stacksBelow(entries: readonly HandlerEntry[]): AddressRange[] {
    const depth = this.stackDepth;
    if (depth === 0n) return [];
    const { vm } = this.machine;
    const own = stackPointer(vm);
    return entries.flatMap(({ stack: pointer }) => {
      const isSame = pointer + frameBytes(vm, false) === own;
      const top = pointer + frameBytes(vm, !isSame);
      const low = top - depth;
      // The program is a handler on that very stack: its frame is above its stack pointer.
      return physicalRanges(vm, low, own >= low && own < top ? own : top);
    });
  }
}

interface Return {
  readonly at: number;
  readonly progress: number;
}

/**
 * The first moment at which no NMI waits, and none runs that did not run before the first delivery; null if there was none.
 * With nothing delivered, that is when the last request merged or was lost.
 */
function findReturn(
  { recorder, vm }: SweepMachine,
  { time: start, recorder: before }: Mark,
  second: number | null,
): Return | null {
  const last = second ?? start;
  const wanted = second === null ? 1 : 2;
  let base: number | null = null;
  let requested = 0;
  let waiting = before.length;
  let inside = 0;
  let entered = start;
  for (const event of recorder.events) {
    if (event.kind === 'nmi-request') [requested, waiting] = [requested + 1, waiting + 1];
    else if (event.kind === 'nmi-merge' || event.kind === 'nmi-lost') waiting--;
    else if (event.kind === 'nmi-deliver') {
      waiting--;
      base ??= event.running - 1;
      if (event.running === base + 1) entered = event.time;
    } else if (event.kind === 'nmi-return' && base !== null && event.running <= base) {
      inside += event.time - entered;
      entered = event.time;
    }
    const isBack = base === null || (event.kind === 'nmi-return' && event.running <= base);
    if (requested >= wanted && event.time >= last && waiting === 0 && isBack && isSettling(event.kind)) {
      // What happens at a boundary is over when an instruction after it is done.
      const at = base === null ? event.time + 1 : event.time;
      return at <= vm.time ? { at, progress: at - start - inside } : null;
    }
  }
  return null;
}

function isSettling(kind: string): boolean {
  return kind === 'nmi-return' || kind === 'nmi-merge' || kind === 'nmi-lost';
}

/**
 * The guest runs: engine and events in turn until a #VMEXIT, or until the processor stops otherwise.
 *
 * Every event happens at an exact count of retired instructions. What is recognized at a boundary, and in which order, is
 * next-event.ts's business; here it is done.
 */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Activity, Stop } from '../../assembly/abi/stop.js';
import { EventType, Vector } from '../../assembly/abi/vector.js';
import type { Core } from '../core/core.js';
import type { Engine } from '../engine/engine.js';
import { InvariantError } from '../errors.js';
import { isInjectionPending } from './event-injection.js';
import { decodeExit, type VmExit } from './exit.js';
import type { CoreGuestState } from './guest-state.js';
import { isEventIntercepted } from './intercepts.js';
import { boundariesToWatch, nextEvent } from './next-event.js';
import { Observation } from './observation.js';
import type { Pins } from './pins.js';
import { BoundaryEvent } from './rulings.js';
import type { Schedule } from './schedule.js';
import type { NmiOrigin, ProcessorListener } from './processor-listener.js';
import { acknowledgeVirtualInterrupt } from './vintr.js';
import type { Vmcb } from './vmcb.js';
import { leaveGuest } from './vmexit.js';
import { acknowledgeVirtualNmi } from './vnmi.js';
import { enterGuest } from './vmrun.js';

/** Why a run ended that no #VMEXIT ended. */
export type ProcessorStop =
  /** `maxInstructions` are spent. The guest stays entered: `resume()` goes on. */
  | { readonly kind: 'paused' }
  /** The guest executed HLT, and nothing that is scheduled can wake it. It stays entered, as above. */
  | { readonly kind: 'halted' }
  /** The instruction at `rip` is not implemented; nothing of it was executed. The guest has been left. */
  | { readonly kind: 'unimplemented'; readonly rip: bigint; readonly bytes: Uint8Array }
  /** A triple fault that no intercept catches. The guest has been left. */
  | { readonly kind: 'shutdown-unintercepted' }
  /** A trap of the caller's was hit. The guest stays entered, as above. */
  | { readonly kind: 'trapped' };

export type RunResult = VmExit | ProcessorStop;

const OBSERVED = ['nmiReturned', 'nmiMaskChanged', 'shadowChanged'] as const;

const TRAPPED: ProcessorStop = Object.freeze({ kind: 'trapped' });
const PAUSED: ProcessorStop = Object.freeze({ kind: 'paused' });
const HALTED: ProcessorStop = Object.freeze({ kind: 'halted' });
const SHUT_DOWN: ProcessorStop = Object.freeze({ kind: 'shutdown-unintercepted' });

export class GuestRun {
  readonly #listeners: ProcessorListener[] = [];
  readonly #core: Core;
  /** Null unless somebody listens to what it reports: it costs time. */
  #observation: Observation | null = null;
  /** The VMCB of the guest that is entered. */
  #current: Vmcb | null = null;
  /** EVENTINJ is being delivered. */
  #isInjecting = false;

  constructor(
    private readonly engine: Engine,
    private readonly state: CoreGuestState,
    private readonly pins: Pins,
    private readonly schedule: Schedule,
  ) {
    this.#core = engine.core;
  }

  observe(listener: ProcessorListener): void {
    this.#listeners.push(listener);
    if (OBSERVED.some((event) => listener[event] !== undefined)) this.#startObservation();
  }

  /** From the present state on. */
  #startObservation(): void {
    this.#observation = new Observation(this.state, this.pins, this.#listeners);
  }

  /** A guest runs, is paused, or is halted. */
  get isEntered(): boolean {
    return this.#current !== null;
  }

  /** The VMCB of the guest that is entered, or null. */
  get entered(): Vmcb | null {
    return this.#current;
  }

  /** The processor's state has been replaced by one in which this guest is entered, or none is. */
  replace(vmcb: Vmcb | null): void {
    this.#current = vmcb;
    this.#isInjecting = false;
    if (this.#observation) this.#startObservation();
  }

  /** Enters a guest whose VMCB has passed the checks. @param limit The clock at which the run pauses. */
  enter(vmcb: Vmcb, limit: number): RunResult {
    this.#current = vmcb;
    this.#isInjecting = isInjectionPending(vmcb);
    const nmis = this.state.nmiDelivered;
    const stop = enterGuest(this.#core, this.state, vmcb);
    if (stop !== Stop.None) return this.#finish(stop, vmcb);
    const wasInjecting = this.#isInjecting;
    // Before the listeners: one that throws must not leave the delivery open.
    this.#isInjecting = false;
    if (wasInjecting) this.#reportNmi(nmis, 'injected');
    this.#observation?.enter();
    return this.#run(vmcb, limit);
  }

  /** Goes on with a guest that paused or halted. */
  resume(limit: number): RunResult {
    return this.#run(this.#requireGuest(), limit);
  }

  /** Leaves a guest that paused or halted. */
  leave(): void {
    this.#abandon(this.#requireGuest(), ExitCode.Abandoned);
  }

  #run(vmcb: Vmcb, limit: number): RunResult {
    const { state } = this;
    const observation = this.#observation;
    for (;;) {
      this.schedule.release(state.clock, this.pins);
      observation?.look();
      const stop = this.#recognizeEvents();
      observation?.look();
      if (stop !== Stop.None) return this.#finish(stop, vmcb);
      if (state.activity === Activity.Halted) {
        const end = this.#sleep(limit);
        if (end !== null) return end;
        continue;
      }
      const deadline = Math.min(limit, this.schedule.nextClock);
      state.deadline = deadline;
      const watch = boundariesToWatch(state, this.pins);
      state.watch = observation === null ? watch : watch | observation.boundaries;
      const end = this.engine.run();
      // The machine's state is the same whether somebody looks or not.
      state.watch = watch;
      if (end === Stop.Boundary || end === Stop.Halted) continue;
      if (end === Stop.Trap) return TRAPPED;
      if (end !== Stop.Budget) return this.#finish(end, vmcb);
      if (deadline === limit) return PAUSED;
    }
  }

  /** Recognizes all events that this boundary allows. `Stop.None`: the guest's next instruction is next. */
  #recognizeEvents(): Stop {
    for (;;) {
      const event = nextEvent(this.state, this.pins);
      if (event === BoundaryEvent.None) return Stop.None;
      const stop = this.#recognize(event);
      if (stop !== Stop.None) return stop;
    }
  }

  /** An intercepted event exits at the point where it would have been taken, and stays pending (APM vol 2 §15.13). */
  #recognize(event: BoundaryEvent): Stop {
    const { state } = this;
    switch (event) {
      case BoundaryEvent.None:
        return Stop.None;
      case BoundaryEvent.PhysicalNmi:
        if (isEventIntercepted(state, ExitCode.Nmi)) return this.#exit(ExitCode.Nmi);
        this.pins.acknowledgeNmi();
        state.nmiMask = 1;
        return this.#deliverNmi('physical');
      case BoundaryEvent.PhysicalInterrupt:
        if (isEventIntercepted(state, ExitCode.Intr)) return this.#exit(ExitCode.Intr);
        return this.#deliverInterrupt(this.#takeInterrupt());
      case BoundaryEvent.VirtualNmi:
        acknowledgeVirtualNmi(state);
        return this.#deliverNmi('virtual');
      case BoundaryEvent.VirtualInterrupt:
        if (isEventIntercepted(state, ExitCode.Vintr)) return this.#exit(ExitCode.Vintr);
        return this.#deliverInterrupt(acknowledgeVirtualInterrupt(state));
    }
  }

  #exit(code: ExitCode): Stop {
    this.#core.exports.exitAtBoundary(code);
    return Stop.Exit;
  }

  #deliverNmi(origin: NmiOrigin): Stop {
    const nmis = this.state.nmiDelivered;
    const stop = this.#core.exports.deliverEvent(Vector.Nmi, EventType.Nmi, 0, 0);
    if (stop === Stop.None) this.#reportNmi(nmis, origin);
    return stop;
  }

  #deliverInterrupt(vector: number): Stop {
    return this.#core.exports.deliverEvent(vector, EventType.Interrupt, 0, 0);
  }

  #takeInterrupt(): number {
    const vector = this.pins.acknowledgeInterrupt();
    if (vector === undefined) throw new InvariantError('an interrupt was recognized that nobody raised');
    return vector;
  }

  /** Tells listeners of an NMI if its own handler runs, not that of a fault on the way. */
  #reportNmi(deliveredBefore: number, origin: NmiOrigin): void {
    const { state } = this;
    if (state.nmiDelivered === deliveredBefore) return;
    for (const listener of this.#listeners) listener.nmiDelivered?.(state.clock, origin);
  }

  /** HLT: time passes until the next scheduled event. Returns null to look again. */
  #sleep(limit: number): ProcessorStop | null {
    const next = this.schedule.nextClock;
    if (next === Infinity) return HALTED;
    this.state.clock = Math.min(next, limit);
    return next <= limit ? null : PAUSED;
  }

  /** The guest is over for now: writes the VMCB and says why. */
  #finish(stop: Stop, vmcb: Vmcb): RunResult {
    switch (stop) {
      case Stop.Exit:
        this.#leave(vmcb);
        return decodeExit(vmcb);
      case Stop.Shutdown:
        this.#abandon(vmcb, ExitCode.ShutdownUnintercepted);
        return SHUT_DOWN;
      case Stop.Unimplemented:
        this.#abandon(vmcb, ExitCode.NotImplemented);
        return { kind: 'unimplemented', rip: vmcb.get('rip'), bytes: vmcb.instructionBytes() };
      default:
        throw new InvariantError(`the engine stopped a guest with ${Stop[stop]}`);
    }
  }

  /** Leaves without a #VMEXIT: the guest's state is in the VMCB, under a code that is left to software. */
  #abandon(vmcb: Vmcb, code: ExitCode): void {
    this.#core.exports.exitAtBoundary(code);
    this.#leave(vmcb);
  }

  #leave(vmcb: Vmcb): void {
    this.#observation?.leave();
    leaveGuest(this.#core, vmcb, this.#isInjecting);
    this.#isInjecting = false;
    this.#current = null;
  }

  #requireGuest(): Vmcb {
    if (this.#current === null) throw new InvariantError('no guest is entered');
    return this.#current;
  }
}

/** Listens to a machine: what happened since the last mark, what became of each request, and each handler's frame. */
import type { TraceEvent } from '../../hypervisor/trace.js';
import type { Vm } from '../../hypervisor/vm.js';
import { naturalBytes, readStack, stackPointer } from './handler-stack.js';
import type { RequestFate, VmcbProblem } from './observation.js';
import { checkVmcb } from './vmcb-watch.js';

/** An NMI has been delivered: where the handler's stack begins. */
export interface HandlerEntry {
  readonly time: number;
  readonly running: number;
  /** The linear stack pointer at the handler's first instruction. */
  readonly stack: bigint;
  /** Where the NMI struck: RIP in the frame. Null: it struck no handler, and nobody wanted to know. */
  readonly interrupted: bigint | null;
}

type MutableFate = { -readonly [K in keyof RequestFate]: RequestFate[K] };

/** What a recorder must know to go on from a mark. */
export type RecorderMark = readonly RequestFate[];

export class Recorder {
  events: TraceEvent[] = [];
  vmcb: VmcbProblem[] = [];
  entries: HandlerEntry[] = [];
  private fates = new Map<number, MutableFate>();
  private vm: Vm | null = null;
  /** Every handler's frame is read. Otherwise only where handlers nest: it costs a walk of the page tables. */
  readsFrames = false;

  /** The machine whose events come; it exists only after its listener. */
  attach(vm: Vm): void {
    this.vm = vm;
  }

  /** Requests that are outstanding now. */
  mark(): RecorderMark {
    return [...this.fates.values()].filter(({ fate }) => fate === 'outstanding').map((fate) => ({ ...fate }));
  }

  /** The machine is at a mark again. */
  returnTo(mark: RecorderMark): void {
    this.events = [];
    this.vmcb = [];
    this.entries = [];
    this.fates = new Map(mark.map((fate) => [fate.id, { ...fate }]));
  }

  get requests(): RequestFate[] {
    return [...this.fates.values()];
  }

  get outstanding(): number {
    let count = 0;
    for (const { fate } of this.fates.values()) if (fate === 'outstanding') count++;
    return count;
  }

  readonly listener = (event: TraceEvent): void => {
    if (event.kind === 'serial') return;
    this.events.push(event);
    switch (event.kind) {
      case 'nmi-request':
        return this.request(event.request, event.time);
      case 'nmi-deliver':
        this.enter(event.time, event.running);
        return this.settle(event.request, 'delivered', event.time, null);
      case 'nmi-merge':
        return this.settle(event.request, 'merged', event.time, event.reason);
      case 'nmi-lost':
        return this.settle(event.request, 'lost', event.time, event.reason);
      default:
        return this.look(event);
    }
  };

  private request(id: number, time: number): void {
    this.fates.set(id, {
      id,
      requestedAt: time,
      fate: 'outstanding',
      settledAt: null,
      reason: null,
      among: 0,
    });
  }

  private settle(id: number, fate: RequestFate['fate'], time: number, reason: string | null): void {
    const request = this.fates.get(id);
    if (request) Object.assign(request, { among: this.outstanding, fate, settledAt: time, reason });
  }

  private enter(time: number, running: number): void {
    if (!this.vm) return;
    const stack = stackPointer(this.vm);
    const isWanted = this.readsFrames || running > 1;
    const interrupted = isWanted ? readStack(this.vm, stack, naturalBytes(this.vm)) : null;
    this.entries.push({ time, running, stack, interrupted });
  }

  private look(event: TraceEvent): void {
    const message = this.vm ? checkVmcb(event, this.vm) : null;
    if (message !== null) this.vmcb.push({ message, time: event.time, rip: event.rip });
  }
}

/** What one probe has seen: an NMI, or two, at one boundary of one guest under one delivery. Invariants judge it. */
import type { TraceEvent } from '../../hypervisor/trace.js';
import type { StopReason } from '../../hypervisor/run-result.js';
import type { AddressRange } from './address-ranges.js';
import type { ExitPromise } from './exit-promises.js';

/** What became of an NMI request that was made, or was outstanding, while the probe looked. */
export interface RequestFate {
  /** Requests of one run are counted from 0. */
  readonly id: number;
  readonly requestedAt: number;
  readonly fate: 'outstanding' | 'delivered' | 'merged' | 'lost';
  readonly settledAt: number | null;
  /** Why it was merged or lost. */
  readonly reason: string | null;
  /** Requests that were outstanding when it merged, itself included. */
  readonly among: number;
}

/** An NMI reached a handler while another one had not returned. */
export interface Nesting {
  readonly time: number;
  /** Handlers that run, this one included. */
  readonly running: number;
  /** The instruction at which the NMI struck. */
  readonly rip: bigint;
  /**
   * The IRET inside the handler that completed and ended the mask, as on silicon: the guest's own doing. Null: there was
   * none, so the hypervisor let the NMI in.
   */
  readonly unmaskedAt: bigint | null;
  /** An IRET that the guest tried before, and that faulted. */
  readonly faultedAt: bigint | null;
}

/** How the probe ended. */
export type Outcome =
  /** The handler returned, and the interrupted program is where it was. */
  | { readonly kind: 'returned'; readonly at: number }
  /** The guest ended before. */
  | { readonly kind: 'ended'; readonly at: number; readonly stop: StopReason }
  /** The handler has not returned, or the NMI has not been delivered, within the limit. */
  | { readonly kind: 'unfinished'; readonly at: number; readonly running: number };

export interface RegisterDifference {
  readonly name: string;
  readonly expected: bigint;
  readonly found: bigint;
}

/** How the interrupted program differs from the baseline at the same point. */
export interface StateDifference {
  readonly registers: readonly RegisterDifference[];
  /** Guest-physical, what the contract allows and the handler's stack left out. */
  readonly memory: readonly AddressRange[];
  /** The guest sleeps in HLT in the one and not in the other. */
  readonly isAwake: boolean;
}

/** What is different at the end of the run, if the state was after the handler. */
export interface EndDifference {
  readonly state: StateDifference;
  /** Null: as without the NMI. */
  readonly stop: { readonly expected: StopReason; readonly found: StopReason } | null;
  readonly output: { readonly expected: string; readonly found: string } | null;
  /** Of what differed after the handler, what still differs. */
  readonly memory: readonly AddressRange[];
  /** True: not run to the end; the same difference had this verdict at other boundaries. */
  readonly isAssumed: boolean;
}

/** Fields of the VMCB that contradict each other, at an exit or an entry. */
export interface VmcbProblem {
  readonly message: string;
  readonly time: number;
  readonly rip: bigint;
}

export interface Observation {
  /** The delivery strategy. */
  readonly delivery: string;
  /** When the NMI was requested; null: the guest's own run, without an NMI of the sweep. */
  readonly at: number | null;
  /** When a second one was. */
  readonly second: number | null;
  /** The instruction at which the first was requested. */
  readonly rip: bigint;
  /** NMI handlers that ran then. */
  readonly running: number;
  /** Everything that happened from then on until the outcome. */
  readonly events: readonly TraceEvent[];
  readonly requests: readonly RequestFate[];
  readonly outcome: Outcome;
  readonly nestings: readonly Nesting[];
  /** What VMCBs contradicted at exits and entries. */
  readonly vmcb: readonly VmcbProblem[];
  /** Null: the program ended, or goes on, as without the NMI. */
  readonly difference: EndDifference | null;
  /** What the strategy promises; null: nothing. */
  readonly promise: ExitPromise | null;
  /** Most instructions from request to handler; null: as many as masks and shadows explain. */
  readonly latencyBound: number | null;
}

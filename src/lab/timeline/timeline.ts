/**
 * One run as a picture needs it: what was asked for, what held it back, what ran, what exited, each with its times.
 *
 * Times are the virtual machine's, in guest instructions. A track holds what happened as it happened, up to a bound; beyond
 * that, events of one kind that lie close together are one mark that says how many it stands for. Totals are exact always.
 * All of it is plain data: it goes through JSON and between workers as it is.
 */
import type { ExitCause, ExitCount } from '../../hypervisor/ledger.js';
import type { NmiOrigin } from '../../svm/processor-listener.js';

export interface Timeline {
  /** What the guest is called. */
  readonly guest: string;
  /** How NMIs were delivered. */
  readonly strategy: string;
  /** The first and the last moment. */
  readonly start: number;
  readonly end: number;
  /** Why the run ended, in words; null if it may go on. */
  readonly stop: string | null;
  readonly nmi: NmiTotals;
  /** As the run's result has them, of what happened since `start`. */
  readonly exits: readonly ExitCount[];
  readonly tracks: Tracks;
}

/** requested = delivered + merged + lost + pending. */
export interface NmiTotals {
  readonly requested: number;
  readonly delivered: number;
  readonly merged: number;
  readonly lost: number;
  readonly pending: number;
  /** Most handlers that ran at once. */
  readonly maxNesting: number;
}

export interface Tracks {
  readonly requests: Track<RequestMark>;
  readonly handlers: Track<HandlerMark>;
  readonly holds: Track<HoldMark>;
  readonly exits: Track<ExitMark>;
  /** A mark is a line that the guest printed. */
  readonly output: Track<OutputMark>;
  /** What the guest marked by hypercall 3. */
  readonly labels: Track<LabelMark>;
}

export interface Track<T extends Mark> {
  /** 1: every mark is one event. Else marks may stand for events of so many instructions. */
  readonly resolution: number;
  /** Ascending by `from`. */
  readonly marks: readonly T[];
}

/** One event, or `count` of them. */
export interface Mark {
  readonly from: number;
  /** As `from`, where there is one moment. */
  readonly to: number;
  readonly count: number;
}

export type RequestFate = 'delivered' | 'merged' | 'lost' | 'pending';

/** From the request to the moment at which its fate was decided, or to the end. */
export interface RequestMark extends Mark {
  readonly fate: RequestFate;
  /** Its number, from 0; null if these are several. */
  readonly request: number | null;
  /** Why it was merged or lost. */
  readonly reason: string | null;
}

/** From a handler's first instruction to the end of its IRET. */
export interface HandlerMark extends Mark {
  /** 1, unless it interrupted another. */
  readonly depth: number;
  /** Whose handler it is; null if these are several, or if it ran already when the timeline began. */
  readonly request: number | null;
  readonly how: NmiOrigin | null;
  /** Instructions in a handler: less than `to` - `from` if these are several. */
  readonly instructions: number;
}

/** NMIs are held back: because of an earlier one, or by an interrupt shadow. */
export interface HoldMark extends Mark {
  readonly by: 'mask' | 'shadow';
  /** Instructions that are held: less than `to` - `from` if these are several. */
  readonly instructions: number;
}

export interface ExitMark extends Mark {
  /** Name of the exit code, as `exitName` gives it. */
  readonly exit: string;
  readonly cause: ExitCause;
  /** In hexadecimal, with 0x; null if these are several, or where the track has such that are. */
  readonly rip: string | null;
  /** The event whose delivery it cut short, in words; else empty. */
  readonly detail: string;
}

export interface OutputMark extends Mark {
  /** Without the end of the line; cut off where it is long. */
  readonly text: string;
}

export interface LabelMark extends Mark {
  /** What the guest had in EBX; null if these are several. */
  readonly value: number | null;
}

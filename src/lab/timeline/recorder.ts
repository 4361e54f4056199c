/**
 * Makes a timeline out of the events of a run, in bounded space and as they come: `listen` is what `createVm` takes as
 * `onTrace`, and `timeline` can be asked for at any time.
 *
 * A recorder may start in the middle, as a machine does that comes from a snapshot: what ran and what was held then, ran and
 * was held from the start on.
 */
import type { TraceEvent, TraceListener } from '../../hypervisor/trace.js';
import { BoundedTrack } from './bounded-track.js';
import { ExitTotals } from './exit-totals.js';
import { EXITS, HANDLERS, HOLDS, LABELS, OUTPUT, REQUESTS } from './mark-kinds.js';
import { OutputLines } from './output-lines.js';
import type {
  ExitMark,
  HandlerMark,
  HoldMark,
  LabelMark,
  OutputMark,
  RequestFate,
  RequestMark,
  Timeline,
} from './timeline.js';

/** Of each track: more than a wide screen has columns, and little enough to be drawn at once. */
export const DEFAULT_MAX_MARKS = 4000;

export interface RecorderOptions {
  /** What to call the guest. */
  readonly guest: string;
  readonly strategy: string;
  /** The virtual machine's time when the recorder starts; 0 unless given. */
  readonly start?: number | undefined;
  /** Most marks of each track; 4,000 unless given. */
  readonly maxMarks?: number | undefined;
  /** Marks of these instructions alone are kept, all unless given. Totals are those of everything. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

type OpenHandler = Pick<HandlerMark, 'from' | 'depth' | 'request' | 'how'>;

export class TimelineRecorder {
  private readonly start: number;
  private readonly requests: BoundedTrack<RequestMark>;
  private readonly handlers: BoundedTrack<HandlerMark>;
  private readonly holds: BoundedTrack<HoldMark>;
  private readonly exits: BoundedTrack<ExitMark>;
  private readonly output: BoundedTrack<OutputMark>;
  private readonly labels: BoundedTrack<LabelMark>;
  private readonly exitTotals = new ExitTotals();
  private readonly lines = new OutputLines();
  private readonly fates = { delivered: 0, merged: 0, lost: 0 };
  private maxNesting = 0;
  /** Number of a request to its time, until its fate is decided. */
  private readonly waiting = new Map<number, number>();
  private readonly running: OpenHandler[] = [];
  private readonly held: { [By in HoldMark['by']]: number | null } = { mask: null, shadow: null };

  constructor(private readonly options: RecorderOptions) {
    const { start = 0, maxMarks = DEFAULT_MAX_MARKS, from = 0, to = Infinity } = options;
    const bounds = { limit: maxMarks, from, to };
    this.start = start;
    this.requests = new BoundedTrack(REQUESTS, bounds);
    this.handlers = new BoundedTrack(HANDLERS, bounds);
    this.holds = new BoundedTrack(HOLDS, bounds);
    this.exits = new BoundedTrack(EXITS, bounds);
    this.output = new BoundedTrack(OUTPUT, bounds);
    this.labels = new BoundedTrack(LABELS, bounds);
  }

  /** For `onTrace`. */
  readonly listen: TraceListener = (event) => {
    const { time } = event;
    switch (event.kind) {
      case 'exit':
        return this.exit(event);
      case 'nmi-request':
        this.waiting.set(event.request, time);
        return;
      case 'nmi-deliver':
        return this.deliver(event);
      case 'nmi-merge':
        return this.settle(event.request, 'merged', time, event.reason);
      case 'nmi-lost':
        return this.settle(event.request, 'lost', time, event.reason);
      case 'nmi-return':
        return this.return(event.running, time);
      case 'nmi-mask':
        return this.hold('mask', event.isMasked, time);
      case 'shadow':
        return this.hold('shadow', event.isInShadow, time);
      case 'serial':
        return this.print(event.byte, time);
      case 'mark':
        return this.labels.add({ from: time, to: time, count: 1, value: event.value });
      case 'inject':
        return; // what comes of it is an event of its own
    }
  };

  /**
   * What has happened so far.
   *
   * @param end The virtual machine's time.
   * @param stop Why the run ended, in words; null if it may go on.
   */
  timeline(end: number, stop: string | null): Timeline {
    const { guest, strategy } = this.options;
    const { delivered, merged, lost } = this.fates;
    const pending = this.waiting.size;
    const requested = delivered + merged + lost + pending;
    const line = this.lines.open();
    return {
      guest,
      strategy,
      start: this.start,
      end,
      stop,
      nmi: { requested, delivered, merged, lost, pending, maxNesting: this.maxNesting },
      exits: this.exitTotals.list(),
      tracks: {
        requests: this.requests.track(this.pendingRequests(end)),
        handlers: this.handlers.track(this.running.map((handler) => handlerMark(handler, end))),
        holds: this.holds.track(this.openHolds(end)),
        exits: this.exits.track(),
        output: this.output.track(line ? [line] : []),
        labels: this.labels.track(),
      },
    };
  }

  private exit({ time, rip, exit, cause, detail }: Extract<TraceEvent, { kind: 'exit' }>): void {
    this.exitTotals.add(exit, cause);
    const where = this.exits.isAggregated ? null : `0x${rip.toString(16)}`;
    this.exits.add({ from: time, to: time, count: 1, exit, cause, rip: where, detail });
  }

  private deliver({ time, request, how, running }: Extract<TraceEvent, { kind: 'nmi-deliver' }>): void {
    this.settle(request, 'delivered', time, null);
    // Handlers that ran before the recorder did.
    while (this.running.length < running - 1) this.running.push(this.unseenHandler());
    this.running.push({ from: time, depth: running, request, how });
    this.maxNesting = Math.max(this.maxNesting, running);
  }

  private settle(
    request: number,
    fate: Exclude<RequestFate, 'pending'>,
    to: number,
    reason: string | null,
  ): void {
    const from = this.waiting.get(request) ?? this.start;
    this.waiting.delete(request);
    this.fates[fate]++;
    this.requests.add({ from, to, count: 1, fate, request, reason });
  }

  private return(running: number, time: number): void {
    if (this.running.length <= running) this.running.push({ ...this.unseenHandler(), depth: running + 1 });
    for (const handler of this.running.splice(running)) this.handlers.add(handlerMark(handler, time));
  }

  private unseenHandler(): OpenHandler {
    return { from: this.start, depth: this.running.length + 1, request: null, how: null };
  }

  private hold(by: HoldMark['by'], isHeld: boolean, time: number): void {
    const since = this.held[by];
    if (isHeld) this.held[by] = time;
    else {
      this.held[by] = null;
      this.holds.add(holdMark(by, since ?? this.start, time));
    }
  }

  private print(byte: number, time: number): void {
    const line = this.lines.put(byte, time);
    if (line) this.output.add(line);
  }

  private pendingRequests(end: number): RequestMark[] {
    return Array.from(this.waiting, ([request, from]) => ({
      ...{ from, to: end, count: 1, fate: 'pending', request, reason: null },
    }));
  }

  private openHolds(end: number): HoldMark[] {
    return (['mask', 'shadow'] as const).flatMap((by) => {
      const since = this.held[by];
      return since === null ? [] : [holdMark(by, since, end)];
    });
  }
}

function handlerMark(handler: OpenHandler, to: number): HandlerMark {
  return { ...handler, to, count: 1, instructions: to - handler.from };
}

function holdMark(by: HoldMark['by'], from: number, to: number): HoldMark {
  return { by, from, to, count: 1, instructions: to - from };
}

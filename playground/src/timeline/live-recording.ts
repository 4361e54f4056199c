/**
 * The timeline of the page's machine, in the worker: it grows as the machine runs, and keeps what was to come when the machine
 * goes back, because it comes again.
 *
 * Unless the reader asks for an NMI in the past: then the future is another one.
 */
import {
  compareMoments,
  describeStop,
  isResumable,
  type Moment,
  type RunResult,
  type TraceEvent,
  type Vm,
} from 'vmexit';
import { type Timeline, TimelineRecorder } from 'vmexit/lab';

const START: Moment = { time: 0, exits: 0, deliveries: 0 };

/** Events that are kept as they came, so that another future can follow on a part of them. */
const MOST_EVENTS = 50_000;

/** A place among the events: so many at one moment. */
interface Place {
  readonly moment: Moment;
  readonly events: number;
}

interface Names {
  readonly guest: string;
  readonly strategy: string;
}

/** Of each track: it goes to the page again and again. */
const MOST_MARKS = 2000;

export class LiveRecording {
  private recorder: TimelineRecorder;
  /** Where the machine is, and how far anything is known. */
  private here: Place = { moment: START, events: 0 };
  private end: Place = this.here;
  private endTime = 0;
  /** Why the run ended, if it did. */
  private stop: string | null = null;
  /** All events since the recorder started; null if they were too many. */
  private log: { readonly place: Place; readonly event: TraceEvent }[] | null = [];

  constructor(
    private readonly vm: Vm,
    private readonly names: Names,
  ) {
    this.recorder = new TimelineRecorder({ ...names, maxMarks: MOST_MARKS });
  }

  /** Every event of the machine, also of a past that happens again. */
  note(event: TraceEvent): void {
    const { moment } = this.vm;
    const isSame = compareMoments(moment, this.here.moment) === 0;
    this.here = { moment, events: isSame ? this.here.events + 1 : 1 };
    if (comparePlaces(this.here, this.end) > 0) this.add(this.here, event);
  }

  /** The machine has gone to another moment than the one it was at. */
  moved(): void {
    const { moment } = this.vm;
    if (compareMoments(moment, this.here.moment) === 0) return;
    const isAtEnd = compareMoments(moment, this.end.moment) === 0;
    this.here = { moment, events: isAtEnd ? this.end.events : 0 };
  }

  /** The reader asks for an NMI, now: what was known to come later comes no more. */
  diverge(): void {
    this.moved();
    if (comparePlaces(this.here, this.end) >= 0 && this.vm.time >= this.endTime) return;
    const { here, log } = this;
    const { time } = this.vm;
    this.recorder = new TimelineRecorder({
      ...this.names,
      maxMarks: MOST_MARKS,
      start: log === null ? time : 0,
    });
    this.end = here;
    this.endTime = time;
    this.stop = null;
    this.log = [];
    for (const { place, event } of log ?? []) if (comparePlaces(place, here) <= 0) this.add(place, event);
    this.end = here;
  }

  /** All that is known of this run. */
  timeline({ time, stop }: Pick<RunResult, 'time' | 'stop'>): Timeline {
    this.endTime = Math.max(this.endTime, time);
    if (!isResumable(stop)) this.stop = describeStop(stop);
    return this.recorder.timeline(this.endTime, this.stop);
  }

  private add(place: Place, event: TraceEvent): void {
    this.end = place;
    this.recorder.listen(event);
    this.log?.push({ place, event });
    if ((this.log?.length ?? 0) > MOST_EVENTS) this.log = null;
  }
}

function comparePlaces(a: Place, b: Place): number {
  return compareMoments(a.moment, b.moment) || a.events - b.events;
}

/**
 * The timeline of the page's machine, in the worker: it grows as the machine runs, and keeps what was to come when the machine
 * goes back, because it comes again.
 *
 * Unless the reader asks for an NMI in the past: then the future is another one.
 */
import { describeStop, isResumable, type RunResult, type TraceEvent, type Vm } from 'vmexit';
import { type Timeline, TimelineRecorder } from 'vmexit/lab';
import type { EventLog } from '../machine/event-log.js';

interface Names {
  readonly guest: string;
  readonly strategy: string;
}

/** Of each track: it goes to the page again and again. */
const MOST_MARKS = 2000;

export class LiveRecording {
  private recorder: TimelineRecorder;
  /** How far anything is known. */
  private endTime = 0;
  /** Why the run ended, if it did. */
  private stop: string | null = null;

  constructor(
    private readonly vm: Vm,
    private readonly log: EventLog,
    private readonly names: Names,
  ) {
    this.recorder = this.recorderFrom(0);
  }

  /** Every event of the machine, once: a past that happens again is no news. */
  note(event: TraceEvent): void {
    const { vm, log } = this;
    const { moment } = vm;
    if (event.time < this.endTime || log.goesOnAfter(moment)) {
      log.forgetAfter(moment);
      this.startOver(event.time);
    }
    log.add(moment, event);
    this.recorder.listen(event);
  }

  /** All that is known of this run. */
  timeline({ time, stop }: Pick<RunResult, 'time' | 'stop'>): Timeline {
    this.endTime = Math.max(this.endTime, time);
    if (!isResumable(stop)) this.stop = describeStop(stop);
    return this.recorder.timeline(this.endTime, this.stop ?? 'so far');
  }

  /** From here on, another future. */
  private startOver(time: number): void {
    const { events, isComplete } = this.log;
    this.recorder = this.recorderFrom(isComplete ? 0 : (events[0]?.time ?? time));
    for (const event of events) this.recorder.listen(event);
    this.endTime = time;
    this.stop = null;
  }

  private recorderFrom(start: number): TimelineRecorder {
    return new TimelineRecorder({ ...this.names, maxMarks: MOST_MARKS, start });
  }
}

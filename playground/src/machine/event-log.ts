/**
 * What has happened in a machine's run, in order, as far as it is known: when the machine goes back, what comes stays, because it
 * comes again. Of a long run the last part.
 */
import { compareMoments, type Moment, type TraceEvent } from 'vmexit';

/** When there are more, the older half goes. */
const MOST = 50_000;

interface Entry {
  readonly moment: Moment;
  readonly event: TraceEvent;
}

export class EventLog {
  private entries: Entry[] = [];
  private dropped = 0;

  /** Nothing has been dropped. */
  get isComplete(): boolean {
    return this.dropped === 0;
  }

  /** The events that are kept. */
  get events(): readonly TraceEvent[] {
    return this.entries.map(({ event }) => event);
  }

  add(moment: Moment, event: TraceEvent): void {
    this.entries.push({ moment, event });
    if (this.entries.length <= MOST) return;
    this.dropped += MOST / 2;
    this.entries = this.entries.slice(MOST / 2);
  }

  /** Whether something is known to come after a moment. */
  goesOnAfter(moment: Moment): boolean {
    const last = this.entries.at(-1);
    return last !== undefined && compareMoments(last.moment, moment) > 0;
  }

  /** What was known to come after a moment does not come. */
  forgetAfter(moment: Moment): void {
    this.entries.length = this.countUpTo(moment) - this.dropped;
  }

  /** How many events have happened up to a moment. */
  countUpTo(moment: Moment): number {
    const last = this.entries.findLastIndex((entry) => compareMoments(entry.moment, moment) <= 0);
    return this.dropped + last + 1;
  }

  /** From the `from`th event up to the `to`th, but for output: the last `most` of them. */
  between(from: number, to: number, most: number): TraceEvent[] {
    const found: TraceEvent[] = [];
    const first = Math.max(0, from - this.dropped);
    for (let i = to - this.dropped - 1; i >= first && found.length < most; i--) {
      const event = this.entries[i]?.event;
      if (event !== undefined && event.kind !== 'serial') found.push(event);
    }
    return found.reverse();
  }
}

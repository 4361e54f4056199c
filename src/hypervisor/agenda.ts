/** The NMI requests still to come: those of the schedule, and those that a caller or the guest asked for. */
import type { NmiSchedule } from './nmi-schedule.js';
import { UsageError } from '../errors.js';

/** Where in its schedule an agenda is. */
export interface SavedAgenda {
  /** Times that have been read from the schedule. */
  readonly read: number;
  /** The last of them, if its request is still to come. */
  readonly next: number | null;
  readonly extra: readonly number[];
}

export class Agenda {
  private scheduled: Iterator<number>;
  private read = 0;
  /** The times that were read from number `firstKept` on: an iterator does not go back. Null: nobody wants to. */
  private kept: number[] | null = null;
  private firstKept = 0;
  private nextScheduled: number | null;
  /** Ascending. */
  private extra: number[] = [];

  constructor(private readonly schedule: NmiSchedule) {
    this.scheduled = schedule[Symbol.iterator]();
    this.nextScheduled = this.advance(0);
  }

  /** Adds one request at time `at`. */
  add(at: number): void {
    const index = this.extra.findIndex((other) => other > at);
    this.extra.splice(index < 0 ? this.extra.length : index, 0, at);
  }

  /** Time of the next request, or null if there is none. */
  next(): number | null {
    const [extra] = this.extra;
    if (extra === undefined) return this.nextScheduled;
    return this.nextScheduled === null ? extra : Math.min(extra, this.nextScheduled);
  }

  /** Removes the next request if its time has come, and gives that time. */
  takeDue(now: number): number | null {
    const at = this.next();
    if (at === null || at > now) return null;
    if (this.extra[0] === at) this.extra.shift();
    else this.nextScheduled = this.advance(at);
    return at;
  }

  save(): SavedAgenda {
    return { read: this.read, next: this.nextScheduled, extra: this.extra.slice() };
  }

  /** Goes to where the saved agenda was in its schedule, which must be the same as this one. */
  restore({ read, next, extra }: SavedAgenda): void {
    const place = this.placeAfter(read);
    if (place.read < read || (next !== null && next !== place.nextScheduled))
      throw new UsageError('the NMI schedule is not the one that the snapshot was made with');
    this.scheduled = place.scheduled;
    this.read = read;
    this.nextScheduled = next;
    this.extra = extra.slice();
    this.kept = null;
  }

  /** From the first mark on, what is read of the schedule is kept. */
  mark(): SavedAgenda {
    if (this.kept === null) {
      this.kept = [];
      this.firstKept = this.read;
    }
    return this.save();
  }

  /** The times that were read of the schedule after the mark. */
  readSince({ read }: SavedAgenda): number[] {
    return this.kept?.slice(read - this.firstKept, this.read - this.firstKept) ?? [];
  }

  /** Goes to a mark of its own. */
  returnTo({ read, next, extra }: SavedAgenda): void {
    this.read = read;
    this.nextScheduled = next;
    this.extra = extra.slice();
  }

  /** An agenda that has read so many times; this one itself if its schedule is a generator, which cannot begin again. */
  private placeAfter(read: number): Agenda {
    const isGenerator = this.schedule[Symbol.iterator]() === this.scheduled;
    const place = isGenerator ? this : new Agenda(this.schedule);
    while (place.read < read && place.nextScheduled !== null)
      place.nextScheduled = place.advance(place.nextScheduled);
    return place;
  }

  private advance(previous: number): number | null {
    const known = this.kept?.[this.read - this.firstKept];
    if (known !== undefined) {
      this.read++;
      return known;
    }
    const { done, value } = this.scheduled.next();
    if (done) return null;
    this.read++;
    if (!Number.isSafeInteger(value))
      throw new UsageError(`an NMI schedule has whole numbers of instructions, not ${String(value)}`);
    if (value < previous) throw new UsageError(`an NMI schedule ascends, but ${value} follows ${previous}`);
    this.kept?.push(value);
    return value;
  }
}

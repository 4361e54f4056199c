/** The NMI requests still to come: those of the schedule, and those that a caller or the guest asked for. */
import type { NmiSchedule } from './nmi-schedule.js';
import { UsageError } from '../errors.js';

export class Agenda {
  private readonly scheduled: Iterator<number>;
  private nextScheduled: number | null;
  /** Ascending. */
  private readonly extra: number[] = [];

  constructor(schedule: NmiSchedule) {
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

  private advance(previous: number): number | null {
    const { done, value } = this.scheduled.next();
    if (done) return null;
    if (!Number.isSafeInteger(value))
      throw new UsageError(`an NMI schedule has whole numbers of instructions, not ${String(value)}`);
    if (value < previous) throw new UsageError(`an NMI schedule ascends, but ${value} follows ${previous}`);
    return value;
  }
}

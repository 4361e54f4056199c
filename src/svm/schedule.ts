/** Events that reach the pins at an exact count of retired instructions. */
import type { Pins } from './pins.js';

interface ScheduledEvent {
  readonly clock: number;
  /** Of an interrupt; null is an NMI. */
  readonly vector: number | null;
}

/** A list sorted by clock, latest first, so that the next one is cheap to take. Equal clocks keep their order. */
export class Schedule {
  private readonly events: ScheduledEvent[] = [];

  /** The clock of the next event; Infinity if there is none. */
  get nextClock(): number {
    const last = this.events.at(-1);
    return last === undefined ? Infinity : last.clock;
  }

  addInterrupt(clock: number, vector: number): void {
    this.add({ clock, vector });
  }

  addNmi(clock: number): void {
    this.add({ clock, vector: null });
  }

  cancelInterrupts(): void {
    const kept = this.events.filter((event) => event.vector === null);
    this.events.splice(0, this.events.length, ...kept);
  }

  /** Raises on the pins what is due at `clock`. */
  release(clock: number, pins: Pins): void {
    while (this.nextClock <= clock) {
      const event = this.events.pop();
      if (event === undefined) return;
      if (event.vector === null) pins.raiseNmi();
      else pins.raiseInterrupt(event.vector);
    }
  }

  private add(event: ScheduledEvent): void {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.events[middle];
      if (other !== undefined && other.clock > event.clock) low = middle + 1;
      else high = middle;
    }
    this.events.splice(low, 0, event);
  }
}

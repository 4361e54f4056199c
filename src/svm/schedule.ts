/** Events that reach the pins at an exact count of retired instructions. */
import type { Pins } from './pins.js';

export interface ScheduledEvent {
  readonly clock: number;
  /** Of an interrupt; null is an NMI. */
  readonly vector: number | null;
}

/** A list sorted by clock, latest first, so that the next one is cheap to take. Equal clocks keep their order. */
export class Schedule {
  private readonly events: ScheduledEvent[] = [];
  private next = Infinity;

  /** The clock of the next event; Infinity if there is none. */
  get nextClock(): number {
    return this.next;
  }

  addInterrupt(clock: number, vector: number): void {
    this.add({ clock, vector });
  }

  addNmi(clock: number): void {
    this.add({ clock, vector: null });
  }

  cancelInterrupts(): void {
    let kept = 0;
    for (const event of this.events) if (event.vector === null) this.events[kept++] = event;
    this.events.length = kept;
    this.findNext();
  }

  /** Raises on the pins what is due at `clock`. */
  release(clock: number, pins: Pins): void {
    while (this.next <= clock) {
      const event = this.events.pop();
      if (event === undefined) return;
      if (event.vector === null) pins.raiseNmi();
      else pins.raiseInterrupt(event.vector);
      this.findNext();
    }
  }

  /** What is scheduled, latest first. */
  save(): ScheduledEvent[] {
    return this.events.slice();
  }

  restore(events: readonly ScheduledEvent[]): void {
    this.events.splice(0, this.events.length, ...events);
    this.findNext();
  }

  private findNext(): void {
    this.next = this.events.at(-1)?.clock ?? Infinity;
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
    this.findNext();
  }
}

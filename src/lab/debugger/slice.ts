/** How far a machine runs at a time: for some milliseconds, whatever the guest does. */

const WANTED_MS = 12;
/** At the latest after these: a guest may begin to exit at every instruction. */
const LONGEST_MS = 40;
const FIRST = 200_000;
const LARGEST = 5_000_000;
/** A slice is at most so many times the last one. */
const GROWTH = 4;

export class Slice {
  /** Instructions. */
  size = FIRST;
  private start = 0;

  /** Begins a slice. The signal comes when it has taken too long; machines look at it after every exit. */
  begin(): AbortSignal {
    this.start = performance.now();
    const end = this.start + LONGEST_MS;
    return Object.defineProperty(new AbortController().signal, 'aborted', {
      get: () => performance.now() > end,
    });
  }

  /** The slice is over, after so many instructions: the next is as long as this one should have been. */
  end(instructions: number): void {
    const ms = performance.now() - this.start;
    // One that was stopped early says nothing, unless it took long.
    if (instructions < this.size && ms < WANTED_MS) return;
    const wanted = ms < 1 ? LARGEST : (this.size * WANTED_MS) / ms;
    this.size = Math.round(Math.max(1, Math.min(wanted, this.size * GROWTH, LARGEST)));
  }
}

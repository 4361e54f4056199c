/** A place in a machine's run. The same machine from the same start comes through the same moments. */
export interface Moment {
  /** Instructions completed, and those slept through. */
  readonly time: number;
  /** #VMEXITs so far. */
  readonly exits: number;
  /** Exceptions and interrupts that have got to their handlers so far. */
  readonly deliveries: number;
}

/** Negative, zero or positive, as `a` is before, at or after `b`. */
export function compareMoments(a: Moment, b: Moment): number {
  return a.time - b.time || a.exits - b.exits || a.deliveries - b.deliveries;
}

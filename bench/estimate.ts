/**
 * A measured quantity: the median of its samples, and how far they scatter.
 *
 * Medians, because a machine that does other things too makes some samples far too slow and none too fast.
 */
export interface Estimate {
  readonly median: number;
  /** Median absolute deviation: half of the samples are within this of the median. In the unit of the median. */
  readonly spread: number;
}

/** @param samples At least one. */
export function estimate(samples: readonly number[]): Estimate {
  const median = medianOf(samples);
  return { median, spread: medianOf(samples.map((sample) => Math.abs(sample - median))) };
}

export function scale({ median, spread }: Estimate, factor: number): Estimate {
  return { median: median * factor, spread: spread * Math.abs(factor) };
}

/** The scatter of a difference is at most the sum of both. */
export function subtract(left: Estimate, right: Estimate): Estimate {
  return { median: left.median - right.median, spread: left.spread + right.spread };
}

/** `amount` in the estimated time: a rate, which scatters by as many percent as the time. */
export function rate(amount: number, time: Estimate): Estimate {
  const median = amount / time.median;
  return { median, spread: median * (time.spread / time.median) };
}

function medianOf(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('a median needs a sample');
  return (lower + upper) / 2;
}

/** Zooming and panning over the instructions of a drawing, within bounds. */

/** A part of the axis: `to` is greater than `from`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** No closer than this many instructions: one by one they are still apart. */
const LEAST_SPAN = 10;

/**
 * A range around the same place, `factor` times as long: below 1 it is closer.
 *
 * @param at The instruction that stays where it is.
 */
export function zoom(range: Range, whole: Range, factor: number, at: number): Range {
  const span = range.to - range.from;
  const most = whole.to - whole.from;
  const wanted = Math.min(most, Math.max(Math.min(LEAST_SPAN, most), span * factor));
  const share = Math.min(1, Math.max(0, (at - range.from) / span));
  return within({ from: at - share * wanted, to: at + (1 - share) * wanted }, whole);
}

/** @param by Instructions; to the right if positive. */
export function pan(range: Range, whole: Range, by: number): Range {
  return within({ from: range.from + by, to: range.to + by }, whole);
}

/** The range, moved only as far as it takes to show an instruction. */
export function reveal(range: Range, whole: Range, at: number): Range {
  if (at >= range.from && at <= range.to) return range;
  const span = range.to - range.from;
  return within({ from: at - span / 2, to: at + span / 2 }, whole);
}

/** As long as it is, moved into the whole; the whole if it is longer. */
function within({ from, to }: Range, whole: Range): Range {
  const span = Math.min(to - from, whole.to - whole.from);
  const start = Math.min(Math.max(from, whole.from), whole.to - span);
  return { from: start, to: start + span };
}

/** From instructions to places on a line, and the numbers along it. */

/** A part of the time that a drawing shows, and where it shows it. */
export interface Scale {
  /** Instructions; `to` is greater than `from`. */
  readonly from: number;
  readonly to: number;
  /** Where `from` is, and how far from there `to` is. */
  readonly x: number;
  readonly width: number;
}

export interface Tick {
  readonly x: number;
  readonly label: string;
}

/** Where an instruction is: inside of the scale, or on its edge. */
export function place(at: number, { from, to, x, width }: Scale): number {
  const share = (at - from) / (to - from);
  return x + Math.min(1, Math.max(0, share)) * width;
}

/** The instruction at a place. */
export function instructionAt(place: number, { from, to, x, width }: Scale): number {
  return Math.round(from + ((place - x) / width) * (to - from));
}

/** Steps between ticks, times a power of ten: what people count in. */
const STEPS = [1, 2, 5, 10];

/** Ticks at round numbers, at least `gap` apart; whole instructions only. */
export function ticksOf(scale: Scale, gap: number): Tick[] {
  const range = scale.to - scale.from;
  const least = Math.max(1, (range * gap) / scale.width);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = Math.max(1, power * (STEPS.find((candidate) => power * candidate >= least) ?? 10));
  const ticks: Tick[] = [];
  for (let at = Math.ceil(scale.from / step) * step; at <= scale.to; at += step)
    ticks.push({ x: place(at, scale), label: grouped(at) });
  return ticks;
}

/** With a comma between thousands, whatever the reader's country: drawings are the same everywhere. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The lower part of the chart: how much longer than vmexit everybody takes, a line for each row, a dot for each peer. */
import type { RowResult } from './campaign.js';
import type { Peer } from './peers.js';
import type { Kernel } from './rows.js';
import { ratio } from './summary.js';
import { type Box, element, line, text } from './svg.js';

const HEADING = 44;
const ROW_STEP = 21;
const AXIS = 24;
export const DOT_RADIUS = 5;
/** What an axis can begin and end with: half a decade apart, about. */
const TICKS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000] as const;
/** More would touch one another: whole decades then. */
const MOST_TICKS = 8;

type Shown = Pick<Peer, 'name' | 'title'>;

/** An axis. */
export interface Scale {
  readonly ticks: readonly number[];
  /** From 0 at the left end to 1 at the right. */
  at(value: number): number;
}

export function dotsHeight(rows: number): number {
  return HEADING + ROW_STEP * rows + AXIS;
}

/** A logarithmic scale from the tick below the least value to the one above the greatest. */
export function scaleFor(values: readonly number[]): Scale {
  const [least, most] = [Math.min(1, ...values), Math.max(1, ...values)];
  const first = TICKS.findLastIndex((tick) => tick <= least);
  const last = TICKS.findIndex((tick) => tick >= most);
  const all = TICKS.slice(Math.max(first, 0), last < 0 ? undefined : last + 1);
  const ticks = all.length <= MOST_TICKS ? all : all.filter((tick) => Number.isInteger(Math.log10(tick)));
  const [from, to] = [Math.log(all[0] ?? 1), Math.log(all.at(-1) ?? 1)];
  return { ticks, at: (value) => (to === from ? 0 : (Math.log(value) - from) / (to - from)) };
}

/** Of every dot in the chart. */
export function dotValues(results: readonly RowResult[], peers: readonly Shown[]): number[] {
  return results.flatMap((result) =>
    peers.map(({ name }) => ratio(result, 'warm', name, 'vmexit')).filter((value) => value !== null),
  );
}

/** @param kernels The rows' order. Where `labelWidth` is not 0, their titles stand left of the box. */
export function dots(
  results: readonly RowResult[],
  peers: readonly Shown[],
  kernels: readonly Kernel[],
  scale: Scale,
  { x, y, width, labelWidth }: Box & { readonly labelWidth: number },
): string {
  const place = (value: number) => x + width * scale.at(value);
  const top = y + HEADING;
  const bottom = top + ROW_STEP * kernels.length;
  const lines = kernels.map((kernel, i) => {
    const middle = top + ROW_STEP * (i + 0.5);
    const result = results.find(({ row }) => row.kernel === kernel);
    const band = { x: x - labelWidth, y: middle - ROW_STEP / 2, width: width + labelWidth, height: ROW_STEP };
    return [
      i % 2 === 0 ? element('rect', { ...band, class: 'band' }) : '',
      labelWidth > 0 ? text(x - labelWidth, middle + 4, kernel.title) : '',
      line(place(1), middle - ROW_STEP / 2, place(1), middle + ROW_STEP / 2, 'reference'),
      ...(result ? rowDots(result, peers, place, middle) : []),
    ].join('');
  });
  const axis = scale.ticks.map((tick) => {
    const label = text(place(tick), bottom + 16, `${tick}`, 'quiet', 'middle');
    return tick === 1 ? label : line(place(tick), bottom, place(tick), bottom + 4, 'line') + label;
  });
  const heading = [
    text(x, y + 14, `${results[0]?.row.bits}-bit guests`, 'heading'),
    text(place(1) - 8, y + 34, '← less than vmexit', 'quiet', 'end'),
    text(place(1) + 8, y + 34, 'more →', 'quiet'),
  ];
  return [...heading, ...lines, ...axis].join('\n');
}

function rowDots(
  result: RowResult,
  peers: readonly Shown[],
  place: (value: number) => number,
  middle: number,
): string[] {
  return peers.map(({ name }) => {
    const value = ratio(result, 'warm', name, 'vmexit');
    if (value === null || name === 'vmexit') return '';
    return element('circle', { cx: place(value), cy: middle, r: DOT_RADIUS, class: name });
  });
}

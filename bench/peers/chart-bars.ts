/** The upper part of the chart: times slower than native, the geometric mean of all rows, a bar for each peer. */
import type { RowResult } from './campaign.js';
import type { Peer } from './peers.js';
import { meanRatio, ratio, times } from './summary.js';
import { type Box, element, text } from './svg.js';

const HEADING = 20;
const BAR_STEP = 28;
const BAR_HEIGHT = 18;
const NAME_WIDTH = 160;
/** For the number behind the longest bar. */
const NUMBER_WIDTH = 44;

type Shown = Pick<Peer, 'name' | 'title'>;

export function barsHeight(peers: readonly Shown[]): number {
  return HEADING + BAR_STEP * peers.filter(({ name }) => name !== 'native').length;
}

/** @param longest The largest ratio of all panels, which have one scale. */
export function bars(
  results: readonly RowResult[],
  peers: readonly Shown[],
  longest: number,
  { x, y, width }: Box,
): string {
  const count = results.filter((result) => ratio(result, 'warm', 'vmexit', 'native') !== null).length;
  const heading = text(
    x,
    y,
    `Times slower than native, ${results[0]?.row.bits}-bit (${count} rows)`,
    'heading',
  );
  const shown = peers.filter(({ name }) => name !== 'native');
  const scale = (width - NAME_WIDTH - NUMBER_WIDTH) / longest;
  const lines = shown.map(({ name, title }, i) => {
    const top = y + HEADING + BAR_STEP * i;
    const value = meanRatio(results, 'warm', name, 'native');
    const label = text(x, top + BAR_HEIGHT - 4, title);
    const start = x + NAME_WIDTH;
    if (value === null) return label + text(start, top + BAR_HEIGHT - 4, 'cannot', 'quiet');
    const length = value * scale;
    return (
      label +
      element('rect', { x: start, y: top, width: length, height: BAR_HEIGHT, rx: 2, class: name }) +
      text(start + length + 6, top + BAR_HEIGHT - 4, times(value), 'number')
    );
  });
  return [heading, ...lines].join('\n');
}

/** The largest mean of any peer in any panel. */
export function longestBar(panels: readonly (readonly RowResult[])[], peers: readonly Shown[]): number {
  const means = panels.flatMap((results) =>
    peers.map(({ name }) => meanRatio(results, 'warm', name, 'native') ?? 0),
  );
  return Math.max(1, ...means);
}

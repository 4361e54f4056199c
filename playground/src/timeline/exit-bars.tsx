/**
 * Exits by kind, one group of bars for each strategy, each with its value: `timelines` is what there is to compare.
 *
 * Bars have the colours and the shapes of the timeline's rows.
 */
import { exitRow, grouped, HOLLOW, type RowSpec, SYMBOL_PATHS, type Timeline } from 'vmexit/lab';
import { colourOf } from './tones.js';

interface Bar {
  readonly spec: RowSpec;
  readonly count: number;
  /** The exits by name, where a bar stands for several. */
  readonly names: string;
}

export function ExitBars({ timelines }: { readonly timelines: readonly Timeline[] }) {
  const groups = timelines.map((timeline) => ({ timeline, bars: barsOf(timeline) }));
  const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ count }) => count)));
  return (
    <div class="exit-bars">
      {groups.map(({ timeline: { strategy, nmi }, bars }) => (
        <table key={strategy} aria-label={`Exits under ${strategy}`}>
          <caption>
            <b>{strategy}</b>{' '}
            <span class="dim">
              {grouped(nmi.delivered)} NMI{nmi.delivered === 1 ? '' : 's'} delivered
            </span>
          </caption>
          <tbody>
            {bars.map((bar) => (
              <BarRow key={bar.spec.tone} bar={bar} most={most} />
            ))}
            {bars.length === 0 && (
              <tr>
                <td class="dim">no exits</td>
              </tr>
            )}
          </tbody>
        </table>
      ))}
    </div>
  );
}

function BarRow({ bar: { spec, count, names }, most }: { readonly bar: Bar; readonly most: number }) {
  const { tone, label, symbol } = spec;
  const color = colourOf(tone);
  return (
    <tr title={names}>
      <th scope="row">
        {symbol !== null && (
          <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true" style={{ color }}>
            <path class={HOLLOW.has(symbol) ? 'hollow' : 'solid'} d={SYMBOL_PATHS[symbol]} />
          </svg>
        )}
        {label}
      </th>
      <td class="bar-cell" aria-hidden="true">
        <span class="exit-bar" style={{ color, width: `${(100 * count) / most}%` }} />
      </td>
      <td class="value">{grouped(count)}</td>
    </tr>
  );
}

/** One bar for each kind that the timeline tells apart. */
function barsOf({ exits }: Timeline): Bar[] {
  const bars = new Map<RowSpec, { count: number; names: string[] }>();
  for (const { name, cause, count } of exits) {
    const spec = exitRow(name, cause);
    const bar = bars.get(spec) ?? { count: 0, names: [] };
    bar.count += count;
    bar.names.push(`${name} ${grouped(count)}`);
    bars.set(spec, bar);
  }
  return Array.from(bars, ([spec, { count, names }]) => ({ spec, count, names: names.join(', ') }));
}

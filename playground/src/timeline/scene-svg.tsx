/** A scene as elements: what the page shows of timelines, in the colours of its theme (timeline.css). */
import {
  grouped,
  HOLLOW,
  place,
  ROW_HEIGHT,
  type Scale,
  type Scene,
  type SceneGroup,
  type SceneRow,
  SYMBOL_PATHS,
  type Tick,
  type TimelineShape,
} from 'vmexit/lab';
import { colourOf } from './tones.js';

/** Above the groups. */
export const AXIS_HEIGHT = 22;
/** Between a row's name and its shapes. */
const NAME_GAP = 12;
const MARGIN = 10;

interface AxisProps {
  readonly ticks: readonly Tick[];
  readonly width: number;
  readonly x: number;
}

export function Axis({ ticks, width, x }: AxisProps) {
  return (
    <svg class="timeline-axis" width={width} height={AXIS_HEIGHT} aria-hidden="true">
      <text class="faint" x={MARGIN} y={15}>
        instructions
      </text>
      {ticks
        .filter((tick) => tick.x > x + 8 || tick.label.length < 4)
        .map((tick) => (
          <text key={tick.label} class="faint middle" x={tick.x} y={15}>
            {tick.label}
          </text>
        ))}
    </svg>
  );
}

/** What lies behind the marks: a band for each strategy, and lines at the ticks. */
export function Background({ ticks, bottom, width, groups }: Scene) {
  return (
    <g aria-hidden="true">
      {groups.map(({ strategy, y, height }) => (
        <rect key={strategy} class="band" x={2} y={y} width={width - 4} height={height + 2} rx={4} />
      ))}
      <path class="grid" d={ticks.map(({ x }) => `M${x} 0V${bottom}`).join('')} />
    </g>
  );
}

export function Cursor({ at, scale, height }: { at: number; scale: Scale; height: number }) {
  if (at < scale.from || at > scale.to) return null;
  const x = place(at, scale);
  return (
    <g class="cursor" transform={`translate(${x} 0)`}>
      <path d={`M0 0V${height}`} />
      <path class="cursor-head" d="M-5 0H5L0 7Z" />
    </g>
  );
}

interface GroupProps {
  readonly group: SceneGroup;
  readonly scene: Scene;
}

export function Group({ group, scene }: GroupProps) {
  const { strategy, summary, y, rows } = group;
  return (
    <g class="strategy">
      <text x={MARGIN} y={y + 18}>
        <tspan class="name">{strategy}</tspan>
        <tspan class="faint" dx={10}>
          {summary}
        </tspan>
      </text>
      {rows.map((row) => (
        <Row key={row.tone} row={row} nameEnd={scene.scale.x - NAME_GAP} />
      ))}
    </g>
  );
}

function Row({ row, nameEnd }: { readonly row: SceneRow; readonly nameEnd: number }) {
  const { tone, label, count, y, shapes } = row;
  return (
    <g class="row" data-row={tone} style={{ color: colourOf(tone) }}>
      <text class="faint end" x={nameEnd} y={y + 4}>
        {label}
        {count !== null && (
          <tspan class="count" dx={6}>
            {grouped(count)}
          </tspan>
        )}
      </text>
      {shapes.map((shape, index) => (
        <Shape key={index} shape={shape} row={row} />
      ))}
    </g>
  );
}

function Shape({ shape, row }: { readonly shape: TimelineShape; readonly row: SceneRow }) {
  const { x } = shape;
  switch (shape.kind) {
    case 'symbol':
      return row.symbol === null ? null : <Moment shape={shape} symbol={row.symbol} y={row.y} />;
    case 'column':
      return box(shape, row.y, 4 + shape.level * (ROW_HEIGHT - 6), 1);
    case 'spread':
      return box(shape, row.y, 6, 0.45);
    case 'bar':
      return box(shape, row.y, 10, 0.3 + 0.7 * shape.cover);
    case 'wait':
      return <path class="wait" d={`M${x} ${row.y}h${shape.width}m0-4v8`} />;
  }
}

interface MomentProps {
  readonly shape: TimelineShape;
  readonly symbol: NonNullable<SceneRow['symbol']>;
  readonly y: number;
}

function Moment({ shape: { x, count }, symbol, y }: MomentProps) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <path class={HOLLOW.has(symbol) ? 'hollow' : 'solid'} d={SYMBOL_PATHS[symbol]} />
      {count > 1 && (
        <text class="several" x={7} y={4}>
          {grouped(count)}
        </text>
      )}
    </g>
  );
}

function box(
  { x, width }: { readonly x: number; readonly width: number },
  y: number,
  height: number,
  opacity: number,
) {
  return <rect class="solid" x={x} y={y - height / 2} width={width} height={height} opacity={opacity} />;
}

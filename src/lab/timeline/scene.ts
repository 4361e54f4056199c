/**
 * Where everything of a drawing is: one group of rows for each timeline, all over the same axis of guest instructions.
 *
 * The picture as a file and the one on a page that one can zoom are both drawn from this.
 */
import { UsageError } from '../../errors.js';
import { grouped, type Scale, type Tick, ticksOf } from './axis.js';
import { shapesOf, type Shape } from './marks-on-screen.js';
import { type Row, rowsOf, type RowSpec, type Tone } from './rows.js';
import type { Timeline } from './timeline.js';

export interface SceneOptions {
  /** The instructions to show: all of them unless given. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Pixels; 1,200 unless given. */
  readonly width?: number | undefined;
}

export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly scale: Scale;
  readonly ticks: readonly Tick[];
  /** Top and bottom of what the axis goes through. */
  readonly top: number;
  readonly bottom: number;
  readonly groups: readonly SceneGroup[];
}

export interface SceneGroup {
  readonly strategy: string;
  /** What became of the NMIs and what they cost, in a line. */
  readonly summary: string;
  readonly y: number;
  readonly height: number;
  readonly rows: readonly SceneRow[];
}

export interface SceneRow extends RowSpec {
  readonly count: number | null;
  /** Its middle. */
  readonly y: number;
  readonly shapes: readonly Shape[];
}

export const ROW_HEIGHT = 17;
const HEADING = 26;
const BETWEEN_GROUPS = 10;
/** For the rows' names and counts; less where there is little. */
const NAMES = 168;
const NARROW_NAMES = 132;
const NARROW = 640;
const RIGHT = 20;
const TICK_GAP = 90;
const DEFAULT_WIDTH = 1200;
/** A name and something to see. */
const LEAST_WIDTH = 240;

/** Throws a `UsageError` if there is no timeline, or nothing between `from` and `to`. */
export function layOutTimelines(timelines: readonly Timeline[], options: SceneOptions = {}): Scene {
  const { width = DEFAULT_WIDTH } = options;
  if (timelines.length === 0) throw new UsageError('a drawing takes at least one timeline');
  if (!(width >= LEAST_WIDTH))
    throw new UsageError(`a drawing is at least ${LEAST_WIDTH} wide, not ${width}`);
  const names = width < NARROW ? NARROW_NAMES : NAMES;
  const scale: Scale = { ...rangeOf(timelines, options), x: names, width: width - names - RIGHT };
  const groups: SceneGroup[] = [];
  let y = 0;
  for (const timeline of timelines) {
    const group = layOutGroup(timeline, scale, y);
    groups.push(group);
    y += group.height + BETWEEN_GROUPS;
  }
  const bottom = y - BETWEEN_GROUPS;
  return { width, height: bottom, scale, ticks: ticksOf(scale, TICK_GAP), top: 0, bottom, groups };
}

function rangeOf(timelines: readonly Timeline[], options: SceneOptions): { from: number; to: number } {
  const { from = Math.min(...timelines.map(({ start }) => start)) } = options;
  const { to = Math.max(from + 1, ...timelines.map(({ end }) => end)) } = options;
  if (!Number.isFinite(from) || !Number.isFinite(to) || from < 0 || to <= from)
    throw new UsageError(`a drawing shows instructions from one count to a later one, not ${from} to ${to}`);
  return { from, to };
}

/** Half of a run, at most, is left out of a drawing without being asked. */
const EVENTFUL_SHARE = 0.5;
const EVENTFUL_MARGIN = 0.04;

/**
 * The part of the runs in which NMIs happen, with a margin, if that is less than half of them; else everything. For drawings
 * of runs that go on for long after the last NMI.
 */
export function eventfulRange(timelines: readonly Timeline[]): {
  readonly from: number;
  readonly to: number;
} {
  const whole = rangeOf(timelines, {});
  const marks = timelines.flatMap(({ tracks }) => [...tracks.requests.marks, ...tracks.handlers.marks]);
  const from = marks.reduce((first, mark) => Math.min(first, mark.from), whole.to);
  const to = marks.reduce((last, mark) => Math.max(last, mark.to), whole.from);
  if (to <= from || to - from > EVENTFUL_SHARE * (whole.to - whole.from)) return whole;
  const margin = Math.ceil((to - from) * EVENTFUL_MARGIN);
  return { from: Math.max(whole.from, from - margin), to: Math.min(whole.to, to + margin) };
}

/** Rows that say nothing where they are empty. */
const ONLY_IF_SEEN: ReadonlySet<Tone> = new Set<Tone>(['output', 'label', 'shadow']);

function layOutGroup(timeline: Timeline, scale: Scale, y: number): SceneGroup {
  const rows = rowsOf(timeline)
    .map((row) => ({ row, shapes: shapesOf(row, scale) }))
    .filter(({ row, shapes }) => shapes.length > 0 || !ONLY_IF_SEEN.has(row.tone))
    .map(({ row, shapes }, index) => layOutRow(row, shapes, y + HEADING + index * ROW_HEIGHT));
  const height = HEADING + rows.length * ROW_HEIGHT;
  return { strategy: timeline.strategy, summary: summaryOf(timeline), y, height, rows };
}

function layOutRow(row: Row, shapes: readonly Shape[], top: number): SceneRow {
  const { tone, label, symbol, count } = row;
  return { tone, label, symbol, count, y: top + ROW_HEIGHT / 2, shapes };
}

function summaryOf({ nmi, exits, stop, end }: Timeline): string {
  const fates = (['delivered', 'merged', 'lost', 'pending'] as const)
    .filter((fate) => nmi[fate] > 0)
    .map((fate) => `${grouped(nmi[fate])} ${fate}`);
  const cost = exits.reduce((sum, exit) => sum + (exit.cause === 'nmi-delivery' ? exit.count : 0), 0);
  const each = nmi.delivered === 0 ? '' : `, ${(cost / nmi.delivered).toFixed(2)} for each NMI`;
  const parts = [
    nmi.requested === 0 ? 'no NMI requested' : `${grouped(nmi.requested)} NMIs: ${fates.join(', ')}`,
    `${grouped(cost)} exit${cost === 1 ? '' : 's'} to deliver them${each}`,
    ...(nmi.maxNesting > 1 ? [`${nmi.maxNesting} handlers at once`] : []),
    stop ?? `cut off at ${grouped(end)}`,
  ];
  return parts.join(' · ');
}

/**
 * From marks to what can be seen: of what is closer together than a pointer can tell apart, one shape with a number.
 */
import { grouped, place, type Scale } from './axis.js';
import type { Row } from './rows.js';
import type { Mark } from './timeline.js';

/** Moments within so many pixels are one shape. */
const COLUMN = 9;
/** With so many pixels to the next one, there is room for a shape with a number beside it. */
const NUMBER_ROOM = 26;
/** The highest column stands for so many, or for more if there are more. */
const FULL_COLUMN = 32;
/** Stretches with less between them are one bar. */
const GAP = 1;
/** No bar is narrower. */
const LEAST_BAR = 1.5;

interface Seen {
  /** Instructions from the first event to the end of the last, and how many they are. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly caption: string;
}

export type Shape = Seen &
  /** One moment, or several with room for their number. */
  (
    | { readonly kind: 'symbol'; readonly x: number }
    /** Several moments in a crowd; `level` is how many, from 0 to 1, as the logarithm sees it. */
    | { readonly kind: 'column'; readonly x: number; readonly width: number; readonly level: number }
    /** Several moments somewhere in there: the timeline knows no better. */
    | { readonly kind: 'spread'; readonly x: number; readonly width: number }
    /** A stretch; `cover` is how much of it, from 0 to 1. */
    | { readonly kind: 'bar'; readonly x: number; readonly width: number; readonly cover: number }
    /** From a request to its delivery. */
    | { readonly kind: 'wait'; readonly x: number; readonly width: number }
  );

/** The shapes of the part of a row that the scale shows. */
export function shapesOf(row: Row, scale: Scale): Shape[] {
  const marks = row.marks.filter(({ from, to }) => to >= scale.from && from <= scale.to);
  if (row.symbol === null) return bars(row, marks, scale);
  const waits = row.tone === 'request' ? waitsOf(row, marks, scale) : [];
  return [...waits, ...moments(row, marks, scale)];
}

function bars(row: Row, marks: readonly Mark[], scale: Scale): Shape[] {
  const groups: { marks: Mark[]; x: number; end: number }[] = [];
  for (const mark of marks) {
    const x = place(mark.from, scale);
    const end = Math.max(place(mark.to, scale), x + LEAST_BAR);
    const last = groups.at(-1);
    if (last && x - last.end < GAP) {
      last.marks.push(mark);
      last.end = Math.max(last.end, end);
    } else groups.push({ marks: [mark], x, end });
  }
  return groups.map(({ marks: inside, x, end }) => ({
    kind: 'bar',
    x,
    width: end - x,
    cover: coverOf(inside),
    ...seen(row, inside),
  }));
}

/** How much of the time from the first of them to the end of the last is in them. */
function coverOf(marks: readonly Mark[]): number {
  let end = -1;
  let inside = 0;
  for (const mark of marks) {
    inside += isStretch(mark) ? mark.instructions : 0;
    end = Math.max(end, mark.to);
  }
  const range = end - (marks[0]?.from ?? 0);
  return range <= 0 ? 1 : Math.min(1, inside / range);
}

function isStretch(mark: Mark): mark is Mark & { readonly instructions: number } {
  return 'instructions' in mark;
}

function moments(row: Row, marks: readonly Mark[], scale: Scale): Shape[] {
  const shapes: Shape[] = [];
  const columns: Column[] = [];
  for (const mark of marks) {
    const x = place(mark.from, scale);
    // A request is drawn where it was made, not until its fate was decided.
    const width = mark.count > 1 ? place(mark.to, scale) - x : 0;
    const last = columns.at(-1);
    if (width > COLUMN) shapes.push({ kind: 'spread', x, width, ...seen(row, [mark]) });
    else if (last && x - last.x < COLUMN) last.marks.push(mark);
    else if (mark.from >= scale.from) columns.push({ x, marks: [mark] });
  }
  const most = Math.max(FULL_COLUMN, ...columns.map((column) => countOf(column.marks)));
  for (const [index, column] of columns.entries()) {
    const room = (columns[index + 1]?.x ?? Infinity) - column.x;
    shapes.push(columnShape(row, column, room, most));
  }
  return shapes;
}

/** Moments that begin close to each other, from `x` on. */
interface Column {
  readonly x: number;
  readonly marks: Mark[];
}

/** @param room Pixels to the next column. */
function columnShape(row: Row, { x, marks }: Column, room: number, most: number): Shape {
  const what = seen(row, marks);
  if (what.count === 1 || room >= NUMBER_ROOM) return { kind: 'symbol', x, ...what };
  const level = Math.log(what.count) / Math.log(most);
  return { kind: 'column', x: x - COLUMN / 2, width: COLUMN - 1, level, ...what };
}

function waitsOf(row: Row, marks: readonly Mark[], scale: Scale): Shape[] {
  return marks.flatMap((mark): Shape[] => {
    const x = place(mark.from, scale);
    const width = place(mark.to, scale) - x;
    const isShown = mark.count === 1 && width > COLUMN / 2;
    return isShown ? [{ kind: 'wait', x, width, ...seen(row, [mark]) }] : [];
  });
}

function seen(row: Row, marks: readonly Mark[]): Seen {
  const [first] = marks;
  const count = countOf(marks);
  const from = first?.from ?? 0;
  const to = marks.reduce((latest, mark) => Math.max(latest, mark.to), from);
  const several = `${grouped(count)} × ${row.label}, from ${grouped(from)} to ${grouped(to)}`;
  return { from, to, count, caption: marks.length === 1 && first ? row.caption(first) : several };
}

function countOf(marks: readonly Mark[]): number {
  return marks.reduce((sum, { count }) => sum + count, 0);
}

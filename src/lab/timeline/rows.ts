/**
 * The rows under each strategy: what is in them, what they are called, and which shape stands for what.
 *
 * Shapes and tones go together, so that nobody needs to tell colours apart.
 */
import type { ExitCause } from '../../hypervisor/ledger.js';
import {
  handlerCaption,
  holdCaption,
  exitCaption,
  labelCaption,
  outputCaption,
  requestCaption,
} from './captions.js';
import type { Mark, RequestFate, Timeline } from './timeline.js';

export type MarkSymbol =
  'triangle' | 'square' | 'diamond' | 'caret' | 'plus' | 'hexagon' | 'ring' | 'cross' | 'dot' | 'flag';

/** What a row means; a style sheet gives each its colour. */
export type Tone =
  | 'request'
  | 'merged'
  | 'lost'
  | 'pending'
  | 'handler'
  | 'nested'
  | 'mask'
  | 'shadow'
  | 'iret'
  | 'db'
  | 'vintr'
  | 'intr'
  | 'nmi'
  | 'other'
  | 'kick'
  | 'own'
  | 'output'
  | 'label';

export interface RowSpec {
  readonly tone: Tone;
  readonly label: string;
  /** Moments are drawn as this; null: stretches, drawn as bars. */
  readonly symbol: MarkSymbol | null;
}

/** A row of one timeline. */
export interface Row extends RowSpec {
  /** Events of the whole run; null where a number says nothing. */
  readonly count: number | null;
  readonly marks: readonly Mark[];
  /** What one mark is, in words. */
  readonly caption: (mark: Mark) => string;
}

/** Exits that NMI delivery costs, by the name of the exit. What is not here is 'other'. */
const DELIVERY_EXITS: Readonly<Record<string, RowSpec>> = {
  iret: { tone: 'iret', label: 'IRET exits', symbol: 'square' },
  db: { tone: 'db', label: '#DB exits', symbol: 'diamond' },
  vintr: { tone: 'vintr', label: 'VINTR exits', symbol: 'caret' },
  intr: { tone: 'intr', label: 'INTR exits', symbol: 'plus' },
  nmi: { tone: 'nmi', label: 'NMI exits', symbol: 'hexagon' },
};
const OTHER_EXITS: RowSpec = { tone: 'other', label: 'other exits', symbol: 'hexagon' };
const KICKS: RowSpec = { tone: 'kick', label: 'kicks', symbol: 'ring' };
const OWN_EXITS: RowSpec = { tone: 'own', label: "guest's exits", symbol: 'dot' };

const REQUEST_ROWS: readonly (readonly [fate: RequestFate | null, spec: RowSpec])[] = [
  [null, { tone: 'request', label: 'NMI requests', symbol: 'triangle' }],
  ['merged', { tone: 'merged', label: 'merged', symbol: 'diamond' }],
  ['lost', { tone: 'lost', label: 'lost', symbol: 'cross' }],
  ['pending', { tone: 'pending', label: 'pending', symbol: 'ring' }],
];

/** Every row that some timeline may have, in the order of the legend. */
export const ROW_SPECS: readonly RowSpec[] = [
  ...REQUEST_ROWS.map(([, spec]) => spec),
  { tone: 'handler', label: 'handler', symbol: null },
  { tone: 'nested', label: 'nested handler', symbol: null },
  { tone: 'mask', label: 'NMIs masked', symbol: null },
  { tone: 'shadow', label: 'interrupt shadow', symbol: null },
  ...Object.values(DELIVERY_EXITS),
  OTHER_EXITS,
  KICKS,
  OWN_EXITS,
  { tone: 'output', label: 'output', symbol: 'flag' },
  { tone: 'label', label: "guest's marks", symbol: 'flag' },
];

/** How an exit is shown: its row's tone and shape. */
export function exitRow(exit: string, cause: ExitCause): RowSpec {
  if (cause === 'kick') return KICKS;
  if (cause === 'workload') return OWN_EXITS;
  return DELIVERY_EXITS[exit] ?? OTHER_EXITS;
}

/** The rows of one timeline, without those that would be empty for lack of events. */
export function rowsOf(timeline: Timeline): Row[] {
  return [...requestRows(timeline), ...stretchRows(timeline), ...exitRows(timeline), ...guestRows(timeline)];
}

function requestRows({ nmi, tracks }: Timeline): Row[] {
  const { marks } = tracks.requests;
  return REQUEST_ROWS.flatMap(([fate, spec]) => {
    const count = fate === null ? nmi.requested : nmi[fate];
    if (fate !== null && count === 0) return [];
    return [
      row(spec, count, fate === null ? marks : marks.filter((mark) => mark.fate === fate), requestCaption),
    ];
  });
}

function stretchRows({ nmi, tracks }: Timeline): Row[] {
  const { handlers, holds } = tracks;
  const inner = handlers.marks.filter(({ depth }) => depth > 1);
  const outer = handlers.marks.filter(({ depth }) => depth === 1);
  const masks = holds.marks.filter(({ by }) => by === 'mask');
  const shadows = holds.marks.filter(({ by }) => by === 'shadow');
  const rows = [row(specOf('handler'), nmi.delivered, outer, handlerCaption)];
  if (nmi.maxNesting > 1) rows.push(row(specOf('nested'), null, inner, handlerCaption));
  rows.push(row(specOf('mask'), null, masks, holdCaption));
  if (shadows.length > 0) rows.push(row(specOf('shadow'), null, shadows, holdCaption));
  return rows;
}

function exitRows({ exits, tracks }: Timeline): Row[] {
  const rows: Row[] = [];
  for (const spec of [...Object.values(DELIVERY_EXITS), OTHER_EXITS, KICKS, OWN_EXITS]) {
    const count = exits
      .filter(({ name, cause }) => exitRow(name, cause) === spec)
      .reduce((sum, exit) => sum + exit.count, 0);
    const marks = tracks.exits.marks.filter(({ exit, cause }) => exitRow(exit, cause) === spec);
    if (count > 0) rows.push(row(spec, count, marks, exitCaption));
  }
  return rows;
}

function guestRows({ tracks: { output, labels } }: Timeline): Row[] {
  const rows: Row[] = [];
  if (output.marks.length > 0) rows.push(row(specOf('output'), null, output.marks, outputCaption));
  if (labels.marks.length > 0) rows.push(row(specOf('label'), null, labels.marks, labelCaption));
  return rows;
}

function specOf(tone: Tone): RowSpec {
  return ROW_SPECS.find((spec) => spec.tone === tone) ?? OTHER_EXITS;
}

/** `caption` is that of the marks given, all of one kind. */
function row<T extends Mark>(
  spec: RowSpec,
  count: number | null,
  marks: readonly T[],
  caption: (mark: T) => string,
): Row {
  return { ...spec, count, marks, caption: (mark) => caption(mark as T) };
}

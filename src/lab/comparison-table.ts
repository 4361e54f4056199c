/** A comparison as a table and as CSV. */
import type { Comparison, DeliveryRun } from './compare.js';

/** Cells as they are to be shown. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

interface Column {
  readonly header: string;
  readonly cell: (run: DeliveryRun) => string;
}

const otherExits = ({ exits }: DeliveryRun): number =>
  Object.values(exits.other).reduce((sum, count) => sum + count, 0);

// prettier-ignore
const COLUMNS: readonly Column[] = [
  { header: 'delivery',  cell: (run) => run.delivery },
  { header: 'requested', cell: (run) => `${run.requested}` },
  { header: 'delivered', cell: (run) => `${run.delivered}` },
  { header: 'merged',    cell: (run) => `${run.merged}` },
  { header: 'lost',      cell: (run) => `${run.lost}` },
  { header: 'nested',    cell: (run) => `${run.maxNesting}` },
  { header: 'NMI',       cell: (run) => `${run.exits.nmi}` },
  { header: 'IRET',      cell: (run) => `${run.exits.iret}` },
  { header: 'VINTR',     cell: (run) => `${run.exits.vintr}` },
  { header: '#DB',       cell: (run) => `${run.exits.db}` },
  { header: 'other',     cell: (run) => `${otherExits(run)}` },
  { header: 'exits/NMI', cell: (run) => run.exitsPerNmi.toFixed(2) },
  { header: 'latency p50/p99 (instructions)', cell: latency },
];

/** Shown only where a run has one: most do not. */
const PENDING: Column = { header: 'pending', cell: (run) => `${run.pending}` };
const PENDING_AT = COLUMNS.findIndex(({ header }) => header === 'lost');

export function comparisonTable({ runs }: Comparison): Table {
  const hasPending = runs.some(({ pending }) => pending > 0);
  const columns = hasPending ? COLUMNS.toSpliced(PENDING_AT, 0, PENDING) : COLUMNS;
  return {
    header: columns.map(({ header }) => header),
    rows: runs.map((run) => columns.map(({ cell }) => cell(run))),
  };
}

// prettier-ignore
const CSV_COLUMNS: readonly Column[] = [
  { header: 'delivery',    cell: (run) => run.delivery },
  { header: 'requested',   cell: (run) => `${run.requested}` },
  { header: 'delivered',   cell: (run) => `${run.delivered}` },
  { header: 'merged',      cell: (run) => `${run.merged}` },
  { header: 'pending',     cell: (run) => `${run.pending}` },
  { header: 'lost',        cell: (run) => `${run.lost}` },
  { header: 'maxNesting',  cell: (run) => `${run.maxNesting}` },
  { header: 'nmi',         cell: (run) => `${run.exits.nmi}` },
  { header: 'iret',        cell: (run) => `${run.exits.iret}` },
  { header: 'vintr',       cell: (run) => `${run.exits.vintr}` },
  { header: 'db',          cell: (run) => `${run.exits.db}` },
  { header: 'other',       cell: (run) => `${otherExits(run)}` },
  { header: 'nmiExits',    cell: (run) => `${run.nmiExits}` },
  { header: 'exitsPerNmi', cell: (run) => `${run.exitsPerNmi}` },
  { header: 'latencyP50',  cell: (run) => `${run.latency.p50 ?? ''}` },
  { header: 'latencyP99',  cell: (run) => `${run.latency.p99 ?? ''}` },
  { header: 'latencyMax',  cell: (run) => `${run.latency.max ?? ''}` },
  { header: 'stop',        cell: (run) => run.stop.kind },
];

/** RFC 4180, but for line ends: names and numbers need no quotes. */
export function comparisonCsv({ runs }: Comparison): string {
  const lines = [
    CSV_COLUMNS.map(({ header }) => header),
    ...runs.map((run) => CSV_COLUMNS.map(({ cell }) => cell(run))),
  ];
  return lines.map((line) => `${line.join(',')}\n`).join('');
}

function latency({ latency: { p50, p99 } }: DeliveryRun): string {
  return p50 === null || p99 === null ? '-' : `${p50}/${p99}`;
}

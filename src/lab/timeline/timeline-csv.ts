/** Timelines as comma-separated values, for a spreadsheet: a line for each mark. */
import { rowsOf, type Tone } from './rows.js';
import type { Timeline } from './timeline.js';

const HEADER = 'delivery,event,from,to,count,description';

/** RFC 4180, but for line ends. Rows after one another, each in the order of time. */
export function timelineCsv(timelines: readonly Timeline[]): string {
  const lines = [HEADER];
  for (const timeline of timelines)
    for (const { tone, marks, caption } of rowsOf(timeline).filter((row) => !PARTS.has(row.tone)))
      for (const mark of marks)
        lines.push(
          [timeline.strategy, tone, mark.from, mark.to, mark.count, quoted(caption(mark))].join(','),
        );
  return `${lines.join('\n')}\n`;
}

/** Requests by fate are among the requests already. */
const PARTS: ReadonlySet<Tone> = new Set<Tone>(['merged', 'lost', 'pending']);

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

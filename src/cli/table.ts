/** Columns for people: names to the left, numbers to the right. */
import type { Table } from '../lab/index.js';

/** Lines without trailing blanks; the header is line 0. The first column is aligned left, the others right. */
export function layOutTable({ header, rows }: Table): string[] {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

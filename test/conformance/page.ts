/** The conformance page, from what the oracles left. */
import type { ResultFile, ResultRow } from './results.js';

const INTRODUCTION = `# Conformance

vmexit's instructions are measured against other implementations, this page says how and with what result. It is made by
\`npm run conformance\` from the results that the oracles leave in \`build/results\`; [CONTRIBUTING.md](../CONTRIBUTING.md) says how
to run them.

- **Cases** of silicon are snippets, in the summary, and executions of a group's instructions that were compared, in its tables: a
  snippet has several instructions.
- **Differing** are the cases that differ for no known reason. Known deviations are listed with theirs.
- **Codes** are iced-x86's encodings: those that ran to their end in a compared case, of those supported in the mode. Instructions
  of the supervisor count in user mode once their #GP was seen, and 3DNow!, which is absent, once its #UD was.
- Flags and bits that the manual leaves undefined are compared as well: they are to be what the processor at hand does.
`;

export function conformancePage(files: readonly ResultFile[]): string {
  return [INTRODUCTION, summary(files), ...files.map(section)].join('\n');
}

function summary(files: readonly ResultFile[]): string {
  const rows = files.map((file) => {
    const { cases, differing } = total(file.rows);
    const known = (file.deviations ?? []).reduce((sum, deviation) => sum + deviation.cases, 0);
    return [
      file.title,
      number(file.cases ?? cases),
      number(differing),
      number(known),
      codes(totalCodes(file.rows)),
    ];
  });
  return `## Summary\n\n${table(['Measured', 'Cases', 'Differing', 'As known', 'Codes'], rows)}`;
}

function section(file: ResultFile): string {
  const hasCodes = file.rows.some((row) => row.codesSupported !== undefined);
  const hasNotes = file.rows.some((row) => row.notes !== undefined);
  const headings = ['Group', 'Oracle', 'Mode', 'Cases', 'Differing'];
  if (hasCodes) headings.push('Codes');
  if (hasNotes) headings.push('Notes');
  const rows = file.rows.map((row) => {
    const cells = [row.group, row.oracle, row.mode, number(row.cases), number(row.differing)];
    if (hasCodes) cells.push(codes(row));
    if (hasNotes) cells.push(row.notes ?? '');
    return cells;
  });
  const deviations = (file.deviations ?? []).map(
    ({ name, reason, cases }) => `**${name}** (${number(cases)} cases): ${reason}`,
  );
  return [
    `## ${file.title}\n\n${file.summary}\n\n    ${file.command}\n\n${table(headings, rows)}`,
    list('Known deviations', deviations),
    list('Not measured', file.unmeasured ?? []),
  ].join('');
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `\n### ${title}\n\n${items.map((item) => `- ${item}`).join('\n')}\n`;
}

function total(rows: readonly ResultRow[]): { cases: number; differing: number } {
  const sum = (of: (row: ResultRow) => number) => rows.reduce((before, row) => before + of(row), 0);
  return { cases: sum((row) => row.cases), differing: sum((row) => row.differing) };
}

type Codes = Pick<ResultRow, 'codesCovered' | 'codesSupported'>;

function totalCodes(rows: readonly ResultRow[]): Codes {
  const counted = rows.filter((row) => row.codesSupported !== undefined);
  if (counted.length === 0) return {};
  return {
    codesCovered: counted.reduce((sum, row) => sum + (row.codesCovered ?? 0), 0),
    codesSupported: counted.reduce((sum, row) => sum + (row.codesSupported ?? 0), 0),
  };
}

function codes({ codesCovered, codesSupported }: Codes): string {
  return codesSupported === undefined ? '' : `${codesCovered ?? 0} of ${codesSupported}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** Columns of numbers are aligned to the right. */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const isNumber = headings.map((_, i) => rows.every((row) => /^[\d,]*( of \d+)?$/.test(row[i] ?? '')));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return [headings, isNumber.map((is) => (is ? '--:' : '---')), ...rows].map(line).join('');
}

/** Sections as text for people and as JSON for programs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layOutTable } from '../src/cli/table.js';
import { type Machine, machineLine } from './machine.js';
import type { Result, Section } from './section.js';

/** Not in git. */
const RESULTS_FOLDER = 'bench/results';

export interface Report {
  /** ISO 8601, when the measurement began. */
  readonly date: string;
  /** Measured for a short time only: good for a look, not for a comparison. */
  readonly isQuick: boolean;
  readonly machine: Machine;
  readonly sections: readonly Section[];
}

export function headingText(machine: Machine): string {
  return `${machineLine(machine)}
Times are processor time of this process, medians; ± is what half of the samples stay within.
"wall" is the same by the clock on the wall: worse where the machine has other work to do.
`;
}

export function sectionText(section: Section): string {
  return `\n${section.title}\n${layOutTable(sectionTable(section)).join('\n')}\n${section.reading}\n`;
}

function sectionTable({ results, unit }: Section): { header: string[]; rows: string[][] } {
  const details = Object.keys(results[0]?.details ?? {});
  const isTimed = results.some(({ wall }) => wall !== null);
  const timed = isTimed ? ['± %', 'wall'] : [];
  const rows = results.map((result) => [
    result.name,
    ...details.map((key) => digits(result.details?.[key] ?? 0)),
    digits(result.value),
    ...(isTimed ? [percentage(result), digits(result.wall ?? 0)] : []),
    result.target === null ? '' : `${result.target.is} ${result.target.value}`,
  ]);
  return { header: ['', ...details, unit, ...timed, 'target'], rows };
}

function percentage({ value, spread }: Result): string {
  return spread === null || value === 0 ? '' : ((100 * spread) / Math.abs(value)).toFixed(1);
}

/** Three digits that mean something, whole numbers as they are. */
function digits(value: number): string {
  if (Number.isInteger(value)) return String(value);
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** Writes bench/results/<date>.json; returns its path. */
export function writeReport(report: Report): string {
  const path = join(RESULTS_FOLDER, `${report.date.replaceAll(':', '-')}.json`);
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  writeFileSync(path, `${JSON.stringify(report, null, 1)}\n`);
  return path;
}

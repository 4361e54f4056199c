/** What was measured, with everything that says how to read it. */
import type { Machine } from '../machine.js';
import type { RowResult } from './campaign.js';
import type { PeerName } from './peers.js';
import type { Work } from './work.js';

export interface Report {
  /** ISO 8601, when the measurement began. */
  readonly date: string;
  /** One look at each row: good for a look, not for a comparison. */
  readonly isQuick: boolean;
  readonly machine: Machine;
  readonly rounds: number;
  readonly peers: readonly {
    readonly name: PeerName;
    readonly title: string;
    readonly version: string | null;
  }[];
  readonly results: readonly RowResult[];
  readonly works: readonly Work[];
}

export function reportJson(report: Report): string {
  const results = report.results.map(({ row, outcomes }) => ({
    kernel: row.kernel.name,
    bits: row.bits,
    peers: Object.fromEntries(outcomes),
  }));
  return `${JSON.stringify({ ...report, results }, null, 1)}\n`;
}

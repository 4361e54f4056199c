/** What the times come to: ratios between peers, their geometric means, and the goals. */
import type { Outcome, RowResult } from './campaign.js';
import type { PeerName } from './peers.js';
import { rowName } from './rows.js';

/** Which of a row's times: those of the first 100 ms, or those after the warm-up. */
export type Phase = 'cold' | 'warm';

/** The time of one peer over that of another on a row; null where either was not measured. */
export function ratio({ outcomes }: RowResult, phase: Phase, peer: PeerName, base: PeerName): number | null {
  const [a, b] = [timeOf(outcomes.get(peer), phase), timeOf(outcomes.get(base), phase)];
  return a === null || b === null ? null : a / b;
}

function timeOf(outcome: Outcome | undefined, phase: Phase): number | null {
  return outcome?.kind === 'measured' ? outcome[phase].median : null;
}

/** Over the rows where both were measured; null if there is none. */
export function meanRatio(
  results: readonly RowResult[],
  phase: Phase,
  peer: PeerName,
  base: PeerName,
): number | null {
  const ratios = results.map((result) => ratio(result, phase, peer, base)).filter((value) => value !== null);
  return ratios.length === 0 ? null : geometricMean(ratios);
}

/** @param values At least one, all positive. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** A goal, and how far it was met. */
export interface Goal {
  readonly text: string;
  /** The number that was reached, or the rows that miss it. */
  readonly reached: string;
  /** Null: nothing was measured that says. */
  readonly isMet: boolean | null;
}

/** Rows that shall come closer to native code than the mean. */
const PLAIN_KERNELS = ['alu', 'sieve', 'sha256', 'matrix-int', 'matrix-float'];
const MOST_OF_NATIVE = 4;
const MOST_OF_NATIVE_PLAIN = 2.5;
const FASTER_THAN_V86 = 3.5;
const FASTER_THAN_QEMU = 2;

export function judgeGoals(results: readonly RowResult[]): readonly Goal[] {
  const mean = (peer: PeerName, base: PeerName) => meanRatio(results, 'warm', peer, base);
  return [
    atLeast(`at least ${FASTER_THAN_V86} times as fast as v86`, mean('v86', 'vmexit'), FASTER_THAN_V86),
    atLeast(
      `at least ${FASTER_THAN_QEMU} times as fast as QEMU TCG`,
      mean('qemu', 'vmexit'),
      FASTER_THAN_QEMU,
    ),
    atMost(`at most ${MOST_OF_NATIVE} times slower than native`, mean('vmexit', 'native'), MOST_OF_NATIVE),
    everyRow(
      `at most ${MOST_OF_NATIVE_PLAIN} times slower than native on the ALU loop, sieve, SHA-256 and matrix rows`,
      results.filter(({ row }) => PLAIN_KERNELS.includes(row.kernel.name)),
      (result) => ratio(result, 'warm', 'vmexit', 'native'),
      MOST_OF_NATIVE_PLAIN,
    ),
    everyRow('no row slower than v86', results, (result) => ratio(result, 'warm', 'vmexit', 'v86'), 1),
    everyRow('no row slower than QEMU TCG', results, (result) => ratio(result, 'warm', 'vmexit', 'qemu'), 1),
    atLeast('the interpreter alone not slower than Bochs', mean('bochs', 'vmexit-interpreter'), 1),
  ];
}

function atLeast(text: string, value: number | null, least: number): Goal {
  return { text, reached: times(value), isMet: value === null ? null : value >= least };
}

function atMost(text: string, value: number | null, most: number): Goal {
  return { text, reached: times(value), isMet: value === null ? null : value <= most };
}

function everyRow(
  text: string,
  results: readonly RowResult[],
  ratioOf: (result: RowResult) => number | null,
  most: number,
): Goal {
  const known = results.flatMap((result) => {
    const value = ratioOf(result);
    return value === null ? [] : [{ row: result.row, value }];
  });
  if (known.length === 0) return { text, reached: times(null), isMet: null };
  const missing = known.filter(({ value }) => value > most).sort((a, b) => b.value - a.value);
  const list = missing.map(({ row, value }) => `${rowName(row)} ${times(value)}`).join(', ');
  const reached =
    missing.length === 0 ? 'all rows' : `missed by ${missing.length} of ${known.length} rows: ${list}`;
  return { text, reached, isMet: missing.length === 0 };
}

/** A ratio for people: three digits. */
export function times(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

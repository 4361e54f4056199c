/** What comparisons found. */
import type { Code } from 'iced-x86';
import { Coverage } from './coverage.js';

export interface Mismatch {
  /** The encoding of the instruction that differs. */
  readonly code: Code;
  /** The instruction, as NASM would write it. */
  readonly culprit: string;
  /** Everything needed to see it again. */
  readonly text: string;
}

/** How often each name occurred. */
export class Counter {
  readonly counts = new Map<string, number>();

  add(name: string, count = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + count);
  }

  merge(other: CounterData): void {
    for (const [name, count] of other.counts) this.add(name, count);
  }

  get total(): number {
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }
}

type CounterData = Pick<Counter, 'counts'>;

/** A report as it comes from another thread. */
export interface ReportData {
  readonly cases: number;
  readonly unreachable: number;
  readonly unrepeatable: number;
  readonly differing: number;
  readonly mismatches: readonly Mismatch[];
  readonly undefinedFlags: CounterData;
  readonly unimplemented: CounterData;
  readonly known: CounterData;
  readonly coverage: Pick<Coverage, 'completed' | 'faulted'>;
}

/** Mismatches that are kept; the rest are only counted. */
const MOST_KEPT = 2000;

export class Report implements ReportData {
  cases = 0;
  /** Cases whose native run reached memory that only the native process has. */
  unreachable = 0;
  /**
   * Cases that differed once and never again: the operating system switched tasks at a bad moment, or LSL was told the
   * number of another processor.
   */
  unrepeatable = 0;
  /** Cases that differ for no known reason. */
  differing = 0;
  /** The first of them, taken apart. */
  readonly mismatches: Mismatch[] = [];
  /** Cases that differ only in flags that the manual leaves undefined, by instruction and flags. */
  readonly undefinedFlags = new Counter();
  /** Cases that end at an instruction that vmexit does not implement, by the name of its encoding. */
  readonly unimplemented = new Counter();
  /** Cases that differ as known-deviations.ts says, by the deviation's name. */
  readonly known = new Counter();
  readonly coverage = new Coverage();

  merge(other: ReportData): void {
    this.cases += other.cases;
    this.unreachable += other.unreachable;
    this.unrepeatable += other.unrepeatable;
    this.differing += other.differing;
    this.mismatches.push(...other.mismatches.slice(0, Math.max(0, MOST_KEPT - this.mismatches.length)));
    this.undefinedFlags.merge(other.undefinedFlags);
    this.unimplemented.merge(other.unimplemented);
    this.known.merge(other.known);
    this.coverage.merge(other.coverage);
  }
}

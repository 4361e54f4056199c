/** What comparisons found. */
import { Coverage } from './coverage.js';

export interface Mismatch {
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

  merge(other: Counter): void {
    for (const [name, count] of other.counts) this.add(name, count);
  }

  get total(): number {
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }
}

export class Report {
  cases = 0;
  /** Cases whose native run reached memory that only the native process has. */
  unreachable = 0;
  readonly mismatches: Mismatch[] = [];
  /** Cases that differ only in flags that the manual leaves undefined, by instruction and flags. */
  readonly undefinedFlags = new Counter();
  /** Cases that end at an instruction that vmexit does not implement, by the name of its encoding. */
  readonly unimplemented = new Counter();
  /** Cases that differ as known-deviations.ts says, by the deviation's name. */
  readonly known = new Counter();
  readonly coverage = new Coverage();

  merge(other: Report): void {
    this.cases += other.cases;
    this.unreachable += other.unreachable;
    this.mismatches.push(...other.mismatches);
    this.undefinedFlags.merge(other.undefinedFlags);
    this.unimplemented.merge(other.unimplemented);
    this.known.merge(other.known);
    this.coverage.merge(other.coverage);
  }
}

/**
 * Going back in time: a machine as it was at some earlier moments, and the NMIs that the reader asked for since. From there it
 * runs to any moment again, and runs the same way.
 */
import type { Vm, VmSnapshot } from 'vmexit';

/** A snapshot holds all of the guest's memory. */
const MOST_MARKS = 6;
/** Instructions between two snapshots: about a tenth of a second to run again. */
const FIRST_DISTANCE = 20_000_000;

interface Mark {
  readonly time: number;
  readonly snapshot: VmSnapshot;
}

export class History {
  private readonly marks: Mark[];
  private readonly requests: number[] = [];
  private distance = FIRST_DISTANCE;

  constructor(private readonly vm: Vm) {
    this.marks = [{ time: vm.time, snapshot: vm.snapshot() }];
  }

  /** An NMI that the reader asks for, now. */
  requestNmi(): void {
    this.requests.push(this.vm.time);
    this.vm.requestNmi();
  }

  /** Called now and then while the machine runs. */
  keep(): void {
    const { vm, marks } = this;
    if (vm.time < (marks.at(-1)?.time ?? 0) + this.distance) return;
    marks.push({ time: vm.time, snapshot: vm.snapshot() });
    if (marks.length <= MOST_MARKS) return;
    // Half as many, twice as far apart; the first always stays.
    this.distance *= 2;
    const kept = marks.filter((_, index) => index % 2 === 0);
    marks.splice(0, marks.length, ...kept);
  }

  /** The machine at an earlier moment. */
  goBackTo(time: number): void {
    const index = this.marks.findLastIndex((mark) => mark.time <= time);
    const mark = this.marks[Math.max(0, index)];
    if (mark === undefined) return;
    this.vm.restore(mark.snapshot);
    for (const at of this.requests) if (at >= mark.time) this.vm.requestNmi({ atInstruction: at });
    this.vm.run({ maxInstructions: time - mark.time });
  }
}

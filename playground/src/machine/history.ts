/**
 * Going back in time: moments of a machine that it can return to, and the NMIs that the reader asked for since. From there it
 * runs to any later moment again, and runs the same way.
 */
import { type Checkpoint, compareMoments, type Moment, type Vm } from 'vmexit';

const MOST_MARKS = 64;
/** Instructions between two marks: a few hundredths of a second to run again. */
const FIRST_DISTANCE = 2_000_000;

interface Mark {
  readonly checkpoint: Checkpoint;
  /** So many of `requests` had been made. */
  readonly requests: number;
}

export class History {
  private marks: Mark[] = [];
  /** When the reader asked, in the order of asking. */
  private readonly requests: number[] = [];
  private distance = FIRST_DISTANCE;

  constructor(private readonly vm: Vm) {
    this.mark();
  }

  /** An NMI that the reader asks for, now: what was known to come after this moment comes no more. */
  requestNmi(): void {
    const { vm } = this;
    this.marks = this.marks.filter(({ checkpoint }) => {
      const isPast = checkpoint.time <= vm.time;
      if (!isPast) checkpoint.release();
      return isPast;
    });
    this.requests.push(vm.time);
    vm.requestNmi();
  }

  /** Called now and then while the machine runs. */
  keep(): void {
    if (this.vm.time < (this.marks.at(-1)?.checkpoint.time ?? 0) + this.distance) return;
    this.mark();
    if (this.marks.length <= MOST_MARKS) return;
    // Half as many, twice as far apart; the first always stays.
    this.distance *= 2;
    this.marks = this.marks.filter(({ checkpoint }, index) => {
      const isKept = index % 2 === 0;
      if (!isKept) checkpoint.release();
      return isKept;
    });
  }

  /** The machine when its clock first showed this time. */
  goTo(time: number): void {
    const { vm } = this;
    const mark = this.marks.findLast(({ checkpoint }) => checkpoint.time <= time);
    if (mark === undefined) return;
    vm.returnTo(mark.checkpoint);
    for (const at of this.requests.slice(mark.requests)) vm.requestNmi({ atInstruction: at });
    if (time > vm.time) vm.advance({ maxInstructions: time - vm.time });
  }

  /**
   * The machine one step earlier: the last moment before this one at which `step` stops.
   *
   * @param step Goes on to the next moment.
   */
  goBack(step: () => void): void {
    const { vm } = this;
    const now = vm.moment;
    // Exits and deliveries take no time: the moment before may have the same.
    this.goTo(now.time);
    if (compareMoments(vm.moment, now) >= 0) this.goTo(Math.max(0, now.time - 1));
    this.walkTo(now, step);
  }

  private walkTo(end: Moment, step: () => void): void {
    const { vm } = this;
    if (compareMoments(vm.moment, end) >= 0) return;
    for (;;) {
      const before = vm.checkpoint();
      step();
      const isThere = compareMoments(vm.moment, end) >= 0;
      if (isThere) vm.returnTo(before);
      before.release();
      if (isThere) return;
    }
  }

  private mark(): void {
    this.marks.push({ checkpoint: this.vm.checkpoint(), requests: this.requests.length });
  }
}

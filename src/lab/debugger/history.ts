/**
 * A machine's past: checkpoints from which every moment since the first can be reached again.
 *
 * Between two checkpoints nothing comes from outside: whoever changes the machine (registers, memory, an NMI) gets a
 * checkpoint after the change, which is kept. Of the others every second one goes when there are too many, the denser ones
 * first, so their distance grows and their number does not.
 */
import { InvariantError } from '../../errors.js';
import type { Checkpoint } from '../../hypervisor/checkpoint.js';
import { compareMoments, type Moment } from '../../hypervisor/moment.js';
import type { Vm } from '../../hypervisor/vm.js';

/** One moment that the machine can go back to. */
export interface Milestone {
  readonly moment: Moment;
  readonly checkpoint: Checkpoint;
  /** Taken because somebody had changed the machine: going on from earlier does not come by here. */
  readonly isEdit: boolean;
}

export interface HistoryOptions {
  /** Checkpoints that are kept at most, beside those after changes; 64 unless given. */
  readonly mostCheckpoints?: number | undefined;
  /** Changes from outside that are kept at most; 1,000 unless given. */
  readonly mostEdits?: number | undefined;
  /** Instructions between two checkpoints, at first; 50,000 unless given. */
  readonly spacing?: number | undefined;
}

const BEGAN = 'the debugger was attached here';
const MOVED = 'the machine was run or restored without the debugger';
const CALLBACK = 'a callback changed the machine here, and would not again';
const TOO_MANY_EDITS = 'there were too many changes from outside to keep';

export class History {
  /** Ascending; the first is the earliest moment that can be reached. */
  private readonly milestones: Milestone[] = [];
  /** Why there is nothing before the first. */
  startReason = BEGAN;
  private readonly mostCheckpoints: number;
  private readonly mostEdits: number;
  private readonly spacing: number;
  private knownEdits: number;
  /** Where the machine was when the debugger last let go of it. */
  private left: Moment;

  constructor(
    private readonly vm: Vm,
    { mostCheckpoints = 64, mostEdits = 1000, spacing = 50_000 }: HistoryOptions = {},
  ) {
    this.mostCheckpoints = Math.max(2, mostCheckpoints);
    this.mostEdits = mostEdits;
    this.spacing = spacing;
    this.knownEdits = vm.edits;
    this.left = vm.moment;
    this.add(false);
  }

  /** The earliest moment that can be reached. */
  get start(): Moment {
    return this.first.moment;
  }

  get size(): number {
    return this.milestones.length;
  }

  /**
   * To be called before the machine is moved: notices what somebody else has done to it since `leave`. True: what follows is
   * not what was known to.
   */
  enter(): boolean {
    const { vm } = this;
    const isElsewhere = compareMoments(vm.moment, this.left) !== 0 || !this.first.checkpoint.isHeld;
    const isEdited = vm.edits !== this.knownEdits;
    this.knownEdits = vm.edits;
    if (isElsewhere) {
      this.begin(MOVED);
    } else if (isEdited) {
      // What was to follow does not: it did so without the change.
      this.clear(this.countUpTo(vm.moment));
      this.add(true);
    }
    return isElsewhere || isEdited;
  }

  /** To be called when the machine has been moved. */
  leave(): void {
    this.left = this.vm.moment;
    this.knownEdits = this.vm.edits;
  }

  /** Keeps this moment if the last one that is kept is long ago. */
  pass(): void {
    const last = this.milestones[this.countUpTo(this.vm.moment) - 1];
    if (last && this.vm.time - last.moment.time >= this.spacing) this.add(false);
  }

  /** The latest milestone at or before a moment; the earliest if there is none. */
  before(moment: Moment): Milestone {
    return this.milestones[this.countUpTo(moment) - 1] ?? this.first;
  }

  /** The first milestone after a moment that is a change from outside; undefined if none is. */
  nextEdit(moment: Moment): Milestone | undefined {
    return this.milestones.slice(this.countUpTo(moment)).find((milestone) => milestone.isEdit);
  }

  /** The milestones at or before a moment, the latest first. */
  backFrom(moment: Moment): Milestone[] {
    return this.milestones.slice(0, this.countUpTo(moment)).reverse();
  }

  /** A callback has changed the machine while it ran: that cannot be gone through again. */
  cut(): void {
    this.begin(CALLBACK);
  }

  /** Goes to a milestone. */
  returnTo({ checkpoint }: Milestone): void {
    this.vm.returnTo(checkpoint);
  }

  /** Lets all checkpoints go. */
  release(): void {
    this.clear(0);
  }

  private get first(): Milestone {
    const [first] = this.milestones;
    if (first === undefined) throw new InvariantError('a history has a beginning');
    return first;
  }

  /** There is nothing before this moment. */
  private begin(reason: string): void {
    this.clear(0);
    this.startReason = reason;
    this.add(false);
  }

  private add(isEdit: boolean): void {
    const { vm, milestones } = this;
    milestones.splice(this.countUpTo(vm.moment), 0, {
      moment: vm.moment,
      checkpoint: vm.checkpoint(),
      isEdit,
    });
    if (milestones.filter((milestone) => milestone.isEdit).length > this.mostEdits) this.forgetFirstEdit();
    if (milestones.filter((milestone) => !milestone.isEdit).length > this.mostCheckpoints) this.thinOut();
  }

  /** The history begins later from here on. */
  private forgetFirstEdit(): void {
    const index = this.milestones.findIndex((milestone) => milestone.isEdit);
    this.drop(0, Math.max(1, index));
    this.startReason = TOO_MANY_EDITS;
  }

  /** Drops the checkpoint whose neighbours are closest to each other, measured by how long ago they are. */
  private thinOut(): void {
    const { milestones } = this;
    const now = this.vm.time;
    let best = -1;
    let least = Infinity;
    for (let i = 1; i < milestones.length - 1; i++) {
      const [previous, one, next] = milestones.slice(i - 1, i + 2) as [Milestone, Milestone, Milestone];
      if (one.isEdit) continue;
      const density = (next.moment.time - previous.moment.time) / (Math.abs(now - one.moment.time) + 1);
      if (density < least) [best, least] = [i, density];
    }
    if (best > 0) this.drop(best, 1);
  }

  /** Drops all milestones from the `kept`th on. */
  private clear(kept: number): void {
    this.drop(kept, this.milestones.length - kept);
  }

  private drop(first: number, count: number): void {
    for (const { checkpoint } of this.milestones.splice(first, count)) checkpoint.release();
  }

  /** How many milestones are at or before a moment. */
  private countUpTo(moment: Moment): number {
    let count = this.milestones.length;
    while (count > 0 && compareMoments(this.milestones[count - 1]!.moment, moment) > 0) count--;
    return count;
  }
}

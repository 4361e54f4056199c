/** Moves a machine forward, for the first time or again: what its callbacks know they are not told twice. */
import { compareMoments, type Moment } from '../../hypervisor/moment.js';
import { isResumable, type StopReason } from '../../hypervisor/run-result.js';
import type { Traps } from '../../hypervisor/traps.js';
import type { Vm } from '../../hypervisor/vm.js';
import type { History } from './history.js';
import { Slice } from './slice.js';

/** Where a machine can stand. */
export interface Place {
  readonly moment: Moment;
  /** What was due has happened: not so right after a #VMEXIT. */
  readonly isSettled: boolean;
}

export class Player {
  /** The latest time that the machine's callbacks have been told of. */
  private frontier: number;
  private readonly slice = new Slice();

  constructor(
    private readonly vm: Vm,
    private readonly history: History,
  ) {
    this.frontier = vm.time;
  }

  /** The machine's callbacks know what follows from here, whether or not it has been going on. */
  private get isSilent(): boolean {
    return this.vm.time < this.frontier;
  }

  /** Somebody has changed the machine, or taken it elsewhere: what comes now, its callbacks do not know. */
  forget(): void {
    this.frontier = this.vm.time;
  }

  /**
   * One step: to the next instruction, to the handler of one that faults, to the wake-up of a guest that sleeps. Null: done.
   * With traps, one that it hits is what it returns.
   */
  step(traps: Traps = {}): StopReason | null {
    const { vm } = this;
    const { isAsleep, nextRequest } = vm.nmiState;
    const wait = isAsleep && nextRequest !== null ? Math.max(1, nextRequest - vm.time) : 1;
    const stop = this.go(vm.time + wait, isAsleep ? traps : { ...traps, deliveries: true });
    const isStep = stop?.kind === 'trap' && stop.trap.kind === 'delivery' && !traps.deliveries;
    return stop && !isStep ? stop : this.settle();
  }

  /** On to `end`, or for a slice; to a trap, or to the guest's end. Null: go on. */
  advance(end: number, traps: Traps): StopReason | null {
    const { vm, slice } = this;
    const start = vm.time;
    const deadline = slice.begin();
    const stop = this.go(Math.min(end, start + slice.size), traps, deadline);
    slice.end(vm.time - start);
    return stop;
  }

  /** Lets happen what is due. */
  settle(upTo?: Moment): StopReason | null {
    const isSilent = this.isSilent;
    const stop = this.vm.settle({ isSilent, upTo });
    this.frontier = Math.max(this.frontier, this.vm.time);
    return stop;
  }

  /** The place where the machine is. */
  get place(): Place {
    const { vm } = this;
    return { moment: vm.moment, isSettled: vm.isInside || vm.nmiState.isAsleep };
  }

  /** To a place that is known to come, from the last milestone before it. */
  reach({ moment, isSettled }: Place): void {
    const { vm } = this;
    this.approach(moment);
    if (isSettled) vm.settle({ isSilent: true });
    // What is left is exits and deliveries, before an instruction completes.
    const traps = isSettled ? { deliveries: true } : { exits: true };
    while (compareMoments(vm.moment, moment) < 0) {
      if (!isResumable(vm.advance({ maxInstructions: 1, traps, isSilent: true }))) return;
      if (isSettled) vm.settle({ isSilent: true });
    }
  }

  /** To the first instruction of a time; a change from outside at that time has happened. */
  reachTime(time: number): void {
    this.approach({ time, exits: Infinity, deliveries: Infinity });
    this.vm.settle({ isSilent: true });
  }

  /** To the time of a moment, by way of the last milestone before it. */
  private approach(moment: Moment): void {
    const { vm, history } = this;
    history.returnTo(history.before(moment));
    if (vm.time < moment.time) vm.advance({ maxInstructions: moment.time - vm.time, isSilent: true });
  }

  /** To the first time that callbacks do not know, if that comes first; and by way of changes from outside. */
  private go(end: number, traps: Traps, signal?: AbortSignal): StopReason | null {
    const { vm, history, isSilent } = this;
    const { edits } = vm;
    const edit = history.nextEdit(vm.moment);
    const known = isSilent ? Math.min(end, this.frontier) : end;
    const limit = edit ? Math.min(known, edit.moment.time) : known;
    const maxInstructions = limit - vm.time;
    const stop = maxInstructions > 0 ? vm.advance({ maxInstructions, traps, isSilent, signal }) : null;
    this.frontier = Math.max(this.frontier, vm.time);
    if (vm.edits !== edits) history.cut();
    const isDone = stop === null || stop.kind === 'budget' || stop.kind === 'cancelled';
    if (stop?.kind === 'trap' && stop.trap.kind !== 'exit') this.settle();
    const isPast = edit && compareMoments(vm.moment, edit.moment) >= 0;
    if (edit && (isPast || (isDone && vm.time >= edit.moment.time))) history.returnTo(edit);
    return isDone ? null : stop;
  }
}

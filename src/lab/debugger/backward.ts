/** Backwards: going forward again from a checkpoint, to the last place before now that was asked for. */
import { compareMoments } from '../../hypervisor/moment.js';
import type { Traps } from '../../hypervisor/traps.js';
import type { Vm } from '../../hypervisor/vm.js';
import type { History } from './history.js';
import type { Pacer } from './pacer.js';
import type { Place, Player } from './player.js';
import type { DebugStop } from './stop.js';

/** What to go back to; of several, whichever comes first. */
export interface BackwardTarget {
  /** The last #VMEXIT. */
  readonly exit?: true | undefined;
  /** Linear address of an instruction. */
  readonly address?: bigint | undefined;
  /** Holds at a step. */
  readonly condition?: ((vm: Vm) => boolean) | undefined;
  /** The machine's time; then nothing else counts. */
  readonly instruction?: number | undefined;
}

/** The last place in a stretch that was asked for. */
interface Found {
  readonly place: Place;
  readonly stop: DebugStop;
}

/** What is looked for before `here`. */
interface Search {
  readonly here: Place;
  readonly condition: BackwardTarget['condition'];
  readonly traps: Traps;
  readonly pacer: Pacer;
}

export class Backward {
  constructor(
    private readonly vm: Vm,
    private readonly history: History,
    private readonly player: Player,
  ) {}

  /** Back by `count` steps. */
  async step(count: number, pacer: Pacer): Promise<DebugStop> {
    const { history, player } = this;
    const here = player.place;
    if (count < 1) return { kind: 'step' };
    for (let span = count; ; span *= 2) {
      const from = Math.max(here.moment.time - span, history.start.time);
      player.reachTime(from);
      const places = await this.stepsUpTo(here, count, pacer);
      if (places === null) return this.cancel(here);
      const target = places[places.length - count];
      if (target) {
        player.reach(target);
        return { kind: 'step' };
      }
      if (from <= history.start.time) return this.goToStart();
    }
  }

  /** Back to the last place before now. */
  async run(target: BackwardTarget, traps: Traps, pacer: Pacer): Promise<DebugStop> {
    const { history, player } = this;
    const here = player.place;
    if (target.instruction !== undefined) return this.toInstruction(target.instruction);
    const search = { here, condition: target.condition, traps, pacer };
    let end = here;
    for (const milestone of history.backFrom(here.moment)) {
      history.returnTo(milestone);
      const start = player.place;
      const found = await this.lastUpTo(end, search);
      if (found === 'cancelled') return this.cancel(here);
      if (found) return this.arrive(found, pacer);
      end = start;
    }
    return this.goToStart();
  }

  private toInstruction(time: number): DebugStop {
    if (time < this.history.start.time) return this.goToStart();
    if (time < this.vm.time) this.player.reachTime(time);
    return { kind: 'time' };
  }

  /** Where the steps from here on begin that are before `end`: all, or more than the last `most`. Null: cancelled. */
  private async stepsUpTo(end: Place, most: number, pacer: Pacer): Promise<Place[] | null> {
    let places: Place[] = [];
    while (this.isBefore(end)) {
      if (await pacer.isCancelled()) return null;
      places.push(this.player.place);
      if (places.length > 2 * most + 1000) places = places.slice(-most);
      if (this.player.step()) break;
    }
    return places;
  }

  private isBefore({ moment }: Place): boolean {
    return compareMoments(this.vm.moment, moment) < 0;
  }

  /** The last place from here up to `end`. */
  private async lastUpTo(
    end: Place,
    { here, condition, traps, pacer }: Search,
  ): Promise<Found | 'cancelled' | null> {
    const { vm, player } = this;
    const last: { found: Found | null } = { found: null };
    const note = (stop: DebugStop): void => {
      if (this.isBefore(here)) last.found = { place: player.place, stop };
    };
    this.noteBreakpoint(traps, note);
    if (condition?.(vm)) note({ kind: 'condition' });
    while (this.isBefore(end) && vm.time < end.moment.time) {
      if (await pacer.isCancelled()) return 'cancelled';
      const stop = condition ? player.step(traps) : player.advance(end.moment.time, traps);
      if (stop?.kind === 'trap') note(stop.trap);
      else if (stop) break;
      else if (condition?.(vm)) note({ kind: 'condition' });
    }
    this.noteEnd(end, traps, note);
    return last.found;
  }

  /** What happens at the time with which a stretch ends, before an instruction completes; running up to it does not come by. */
  private noteEnd(end: Place, traps: Traps, note: (stop: DebugStop) => void): void {
    const { vm, player } = this;
    if (vm.time !== end.moment.time) return;
    while (this.isBefore(end)) {
      const stop = player.step(traps);
      if (stop?.kind === 'trap') note(stop.trap);
      else if (stop) return;
    }
    this.noteBreakpoint(traps, note);
  }

  /** A run does not stop at a breakpoint on the instruction with which it begins, or ends. */
  private noteBreakpoint({ breakpoints = [] }: Traps, note: (stop: DebugStop) => void): void {
    const { vm } = this;
    const address = vm.virtual.codeAddress(vm.registers.get('rip'));
    if (breakpoints.includes(address)) note({ kind: 'breakpoint', address });
  }

  /** To a place that was found. What touches a watchpoint is undone: its instruction is next again. */
  private async arrive({ place, stop }: Found, pacer: Pacer): Promise<DebugStop> {
    this.player.reach(place);
    if (stop.kind !== 'watchpoint') return stop;
    const back = await this.step(1, pacer);
    return back.kind === 'step' ? stop : back;
  }

  private goToStart(): DebugStop {
    const { history } = this;
    history.returnTo(history.before(history.start));
    return { kind: 'history-start', reason: history.startReason };
  }

  /** To where it began. */
  private cancel(here: Place): DebugStop {
    this.player.reach(here);
    return { kind: 'cancelled' };
  }
}

/**
 * A debugger of one virtual machine: steps, breakpoints, watchpoints, and the same backwards.
 *
 * Nothing that it does changes what the guest computes or its clock. Where it stops, what was due has happened: the instruction
 * at CS:RIP is next, or the guest sleeps, or is over. Stops at a #VMEXIT are the exception: VMRUN has not followed yet.
 *
 * A step is one instruction as the machine's clock counts: an iteration of a REP instruction, too, and an instruction that the
 * hypervisor emulates. An instruction that faults is a step of its own, to its handler; and a guest asleep steps to its wake-up.
 */
import { createDisassembler } from '../../create-vm.js';
import { UsageError } from '../../errors.js';
import type { Moment } from '../../hypervisor/moment.js';
import type { StopReason } from '../../hypervisor/run-result.js';
import type { Traps } from '../../hypervisor/traps.js';
import type { NmiRequestOptions } from '../../hypervisor/vm-options.js';
import type { Vm } from '../../hypervisor/vm.js';
import type { Watchpoint } from '../../svm/traps.js';
import { History, type HistoryOptions } from './history.js';
import { Backward, type BackwardTarget } from './backward.js';
import { Pacer } from './pacer.js';
import { Player } from './player.js';
import type { DebugStop } from './stop.js';

export interface ContinueOptions {
  /** Linear addresses, beside `breakpoints` of the debugger. */
  readonly breakpoints?: Iterable<bigint> | undefined;
  /** Beside `watchpoints` of the debugger. */
  readonly watchpoints?: readonly Watchpoint[] | undefined;
  /** Stop after each #VMEXIT, too. */
  readonly exits?: boolean | undefined;
  /** Stop where the handler of an exception or interrupt is about to run its first instruction, too. */
  readonly deliveries?: boolean | undefined;
  /** Asked after every step: slow, for each instruction is one. */
  readonly until?: ((vm: Vm) => boolean) | undefined;
  readonly maxInstructions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called every 25 ms or so, before the event loop goes on. The machine stands still, and may be looked at. */
  readonly onSlice?: (() => void) | undefined;
}

export type SteppingOptions = Pick<ContinueOptions, 'signal'>;

/** Instructions that call something, and string instructions: `stepOver` runs to the one behind them. */
const STEPPED_OVER = /^(call|int|syscall|rep|loop)/;

export class Debugger {
  /** Linear addresses at which `continue` and `runBack` stop. May change while the machine runs on. */
  readonly breakpoints = new Set<bigint>();
  /** What `continue` and `runBack` watch. */
  readonly watchpoints: Watchpoint[] = [];
  private readonly history: History;
  private readonly player: Player;
  private readonly backward: Backward;
  private isBusy = false;
  /** What was asked for on the way back: the machine is at some moment of its past, which is not meant. */
  private readonly asked: NmiRequestOptions[] = [];
  private isGoingBack = false;

  constructor(
    readonly vm: Vm,
    options: HistoryOptions = {},
  ) {
    if (typeof vm?.checkpoint !== 'function')
      throw new UsageError('a Debugger is for a Vm, as createVm gives it');
    this.history = new History(vm, options);
    this.player = new Player(vm, this.history);
    this.backward = new Backward(vm, this.history, this.player);
  }

  /** Where the machine is. */
  get moment(): Moment {
    return this.vm.moment;
  }

  /** The earliest moment that can be gone back to. */
  get historyStart(): Moment {
    return this.history.start;
  }

  /** Why there is nothing before it. */
  get historyStartReason(): string {
    return this.history.startReason;
  }

  /** Checkpoints that are kept. */
  get checkpointCount(): number {
    return this.history.size;
  }

  /** Whether a method is at work. Another one throws a `UsageError` until it is done. */
  get isRunning(): boolean {
    return this.isBusy;
  }

  /**
   * Requests an NMI; going back and forth comes by it again. Also while the machine runs on: then it comes with the next slice. And
   * while it goes back: then it comes where the machine arrives.
   */
  requestNmi(options: NmiRequestOptions = {}): void {
    if (this.isGoingBack) this.asked.push(options);
    else this.vm.requestNmi(options);
  }

  /** Goes forward by so many instructions. */
  step(count = 1, { signal }: SteppingOptions = {}): Promise<DebugStop> {
    return this.goOn({ signal }, async (pacer) => {
      for (let i = 0; i < count; i++) {
        if (await pacer.isCancelled()) return { kind: 'cancelled' };
        const stop = this.player.step();
        if (stop) return over(stop);
      }
      return { kind: 'step' };
    });
  }

  /** As `step`; but a call, an interrupt or a repeated instruction is done when the instruction behind it is next. */
  async stepOver(options: ContinueOptions = {}): Promise<DebugStop> {
    const { vm } = this;
    const rip = vm.registers.get('rip');
    const { bytes, bits } = vm.codeAt(rip);
    const { text, length } = (await createDisassembler()).format(bytes, bits, rip);
    if (!STEPPED_OVER.test(text)) return this.step(1, options);
    const rsp = vm.registers.get('rsp');
    const next = vm.virtual.codeAddress(rip + BigInt(length));
    const breakpoints = new Set([...(options.breakpoints ?? []), next]);
    for (;;) {
      const stop = await this.continue({ ...options, breakpoints });
      if (stop.kind !== 'breakpoint' || stop.address !== next) return stop;
      // The same instruction in a call further in is not this one.
      if (vm.registers.get('rsp') >= rsp) return { kind: 'step' };
    }
  }

  /** Goes to the next #VMEXIT, of any kind. */
  stepToNextExit(options: ContinueOptions = {}): Promise<DebugStop> {
    return this.continue({ ...options, exits: true });
  }

  /** Goes on until the instruction at linear address `address` is next, or one of the breakpoints and watchpoints stops it. */
  runTo(address: bigint, options: ContinueOptions = {}): Promise<DebugStop> {
    return this.continue({ ...options, breakpoints: [...(options.breakpoints ?? []), address] });
  }

  /** Goes on to a breakpoint, a watchpoint, what else the options name, or the guest's end. */
  continue(options: ContinueOptions = {}): Promise<DebugStop> {
    const { until, maxInstructions = Infinity } = options;
    const end = this.vm.time + maxInstructions;
    return this.goOn(options, async (pacer) => {
      while (this.vm.time < end) {
        if (await pacer.isCancelled()) return { kind: 'cancelled' };
        this.history.pass();
        const traps = this.trapsOf(options);
        const stop = until ? this.player.step(traps) : this.player.advance(end, traps);
        if (stop) return stop.kind === 'trap' ? stop.trap : over(stop);
        if (until?.(this.vm)) return { kind: 'condition' };
      }
      this.player.settle();
      return { kind: 'time' };
    });
  }

  /** Goes to the first instruction of a time, back or forward. Nothing stops it on the way but the guest's end. */
  goTo(time: number, options: Pick<ContinueOptions, 'signal' | 'onSlice'> = {}): Promise<DebugStop> {
    if (time <= this.vm.time) return this.runBackTo({ instruction: time }, options);
    return this.goOn(options, async (pacer) => {
      while (this.vm.time < time) {
        if (await pacer.isCancelled()) return { kind: 'cancelled' };
        this.history.pass();
        const stop = this.player.advance(time, {});
        if (stop) return over(stop);
      }
      this.player.settle();
      return { kind: 'time' };
    });
  }

  /** Goes back by so many steps. */
  stepBack(count = 1, { signal }: SteppingOptions = {}): Promise<DebugStop> {
    return this.goBack(signal, (pacer) => this.backward.step(count, pacer));
  }

  /** Goes back to where a breakpoint or watchpoint was hit last before now, or to the start of the history. */
  runBack(options: SteppingOptions = {}): Promise<DebugStop> {
    return this.runBackTo({}, options);
  }

  /**
   * Goes back to where the target was last before now: an exit, the instruction at an address, a condition (asked at every step:
   * slow), or an instruction count. The debugger's breakpoints and watchpoints stop it, too, but for an instruction count.
   */
  runBackTo(target: BackwardTarget, { signal }: SteppingOptions = {}): Promise<DebugStop> {
    const breakpoints = [...this.breakpoints, ...(target.address === undefined ? [] : [target.address])];
    const traps = { breakpoints, watchpoints: this.watchpoints, exits: target.exit === true };
    return this.goBack(signal, (pacer) => this.backward.run(target, traps, pacer));
  }

  /** Lets the history go. The machine stays as it is. */
  dispose(): void {
    this.history.release();
  }

  private trapsOf({ breakpoints = [], watchpoints = [], exits, deliveries }: ContinueOptions): Traps {
    return {
      breakpoints: [...new Set([...this.breakpoints, ...breakpoints])],
      watchpoints: [...this.watchpoints, ...watchpoints],
      exits,
      deliveries,
    };
  }

  private goOn(
    { signal, onSlice }: Pick<ContinueOptions, 'signal' | 'onSlice'>,
    job: (pacer: Pacer) => Promise<DebugStop>,
  ): Promise<DebugStop> {
    const onPause = (): void => {
      this.history.leave();
      onSlice?.();
    };
    return this.work(job, new Pacer(signal, { onPause, onResume: () => this.enter() }));
  }

  private async goBack(
    signal: AbortSignal | undefined,
    job: (pacer: Pacer) => Promise<DebugStop>,
  ): Promise<DebugStop> {
    try {
      return await this.work((pacer) => {
        this.isGoingBack = true;
        return job(pacer);
      }, new Pacer(signal));
    } finally {
      this.isGoingBack = false;
      for (const options of this.asked.splice(0)) this.vm.requestNmi(options);
    }
  }

  private async work(job: (pacer: Pacer) => Promise<DebugStop>, pacer: Pacer): Promise<DebugStop> {
    if (this.isBusy) throw new UsageError('the debugger is at work: await what it does, or abort it');
    this.isBusy = true;
    try {
      this.enter();
      return await job(pacer);
    } finally {
      this.history.leave();
      this.isBusy = false;
    }
  }

  private enter(): void {
    if (this.history.enter()) this.player.forget();
  }
}

function over(stop: StopReason): DebugStop {
  return { kind: 'over', stop };
}

/**
 * A virtual machine: one guest, one hypervisor with its way of delivering NMIs, and the loop
 *
 *     requests that are due → entry prepared → VMRUN → exit accounted for → handled → again, or stop.
 *
 * Everything happens at an exact count of instructions, so the same guest with the same schedule runs the same way,
 * always. A request that falls due while the guest runs is carried in by a physical interrupt, the kick, as a real
 * hypervisor interrupts the processor that runs the guest; its exit is not held against the delivery.
 */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { TlbControl } from '../../assembly/abi/vmcb-layout.js';
import { EventType, Vector } from '../../assembly/abi/vector.js';
import { InvariantError, UsageError } from '../errors.js';
import {
  type EventImage,
  injectedEvent,
  interruptedEvent,
  isInjectionPending,
  reinjectInterrupted,
} from '../svm/event-injection.js';
import type { VmExit } from '../svm/exit.js';
import { exitName, intercept, isCodeIntercepted } from '../svm/intercepts.js';
import type { RunResult as ProcessorResult } from '../svm/guest-run.js';
import type { Processor } from '../svm/processor.js';
import { Agenda } from './agenda.js';
import { CallbackGuard } from './callback-guard.js';
import { Console } from './console.js';
import { handleExit } from './exit-handlers.js';
import { codeAt } from './guest-code.js';
import type { ExitCause } from './ledger.js';
import { Kick } from './kick.js';
import { assemble } from './machine.js';
import { NmiAccounting } from './nmi-accounting.js';
import { isVirtualNmiSet } from './nmi/nmi-in-hardware.js';
import { PagePool } from './page-pool.js';
import { isResumable, type RunResult, type StopReason } from './run-result.js';
import type { Vcpu } from './vcpu.js';
import type { NmiRequestOptions, RunOptions, VmOptions } from './vm-options.js';
import { type MachineIdentity, requireFit, specOf, type VmSnapshot } from './vm-snapshot.js';

/** A slice ends after so many instructions or exits: 50 to 100 ms on the machines of 2026. */
const SLICE_INSTRUCTIONS = 5_000_000;
const SLICE_EXITS = 20_000;

export class Vm {
  private readonly processor: Processor;
  private readonly vcpu: Vcpu;
  private readonly nmis: NmiAccounting;
  private readonly guard = new CallbackGuard();
  private readonly tablePages: PagePool;
  private readonly kick: Kick;
  /** Why the guest is over, once it is. */
  private ended: StopReason | null = null;

  /** Use `createVm`. */
  constructor(private readonly options: VmOptions) {
    const { processor, layout, guest, nmi } = options;
    const trace = this.guard.wrap(options.onTrace);
    this.processor = processor;
    this.kick = new Kick(processor);
    this.tablePages = new PagePool(layout.nestedTables);
    const vmcb = processor.vmcb(layout.vmcb);
    this.nmis = new NmiAccounting(vmcb, () => this.time, trace);
    const delivery = nmi.create({
      vmcb,
      merge: (reason) => this.nmis.merge(reason),
      lose: (reason) => this.nmis.lose(reason),
      exitAtOnce: () => {
        this.kick.isForced = true;
      },
    });
    const agenda = new Agenda(options.nmiSchedule);
    const console = new Console(this.guard.wrap(options.onSerial));
    const { tablePages } = this;
    this.vcpu = assemble({ processor, layout, guest, delivery, agenda, console, tablePages, trace });
    processor.observe({
      nmiDelivered: (_clock, origin) => {
        this.nmis.deliver();
        if (!trace) return;
        const rip = processor.core.state.big('rip');
        trace({ kind: 'nmi-deliver', time: this.time, rip, how: origin });
      },
    });
  }

  /** The guest is entered, running or paused: the VMCB is the processor's. */
  private get isInside(): boolean {
    return this.processor.isGuestEntered;
  }

  /** Instructions the guest has completed, and those it slept through: the time in which NMIs are scheduled. */
  get time(): number {
    return this.vcpu.now();
  }

  /** Guest-physical memory. */
  get memory(): Vcpu['memory'] {
    return this.vcpu.memory;
  }

  /**
   * The bytes of the instruction at `rip`, for a disassembler: 15, or fewer where the guest's memory ends.
   * While the guest is paused, paging and CS are those of its last exit.
   */
  codeAt(rip: bigint): { readonly bytes: Uint8Array; readonly bits: 16 | 32 | 64 } {
    return { bytes: codeAt(this.vcpu, rip), bits: this.vcpu.codeBits() };
  }

  /** Requests one NMI. It is carried in by a kick if the guest runs at that time. Callbacks may ask, too. */
  requestNmi(options: NmiRequestOptions = {}): void {
    const at =
      options.atInstruction === undefined ? this.time : toCount('atInstruction', options.atInstruction);
    this.vcpu.agenda.add(Math.max(at, this.time));
    if (this.isInside) this.armKick(); // a callback asks: the guest runs on after it
  }

  /** A copy of the whole machine between two instructions. Callbacks must not ask. */
  snapshot(): VmSnapshot {
    return this.guard.shield(() => ({
      machine: this.identity(),
      schedule: specOf(this.options.nmiSchedule),
      processor: this.processor.save(),
      vcpu: this.vcpu.save(),
      devices: this.vcpu.ports.save(),
      delivery: this.vcpu.delivery.save(),
      agenda: this.vcpu.agenda.save(),
      accounting: this.nmis.save(),
      kick: this.kick.save(),
      serial: this.vcpu.console.contents(),
      nextTablePage: this.tablePages.next,
      ended: this.ended,
    }));
  }

  /**
   * Makes this machine the one that the snapshot is of: what follows is what followed then. Throws a `UsageError`, and
   * leaves the machine as it is, if the snapshot is of another machine or had another NMI schedule.
   */
  restore(snapshot: VmSnapshot): void {
    this.guard.shield(() => {
      requireFit(snapshot, this.identity(), this.options.layout);
      if (!this.processor.fits(snapshot.processor))
        throw new UsageError('the snapshot is of a machine with other memory');
      this.vcpu.agenda.restore(snapshot.agenda);
      this.processor.restore(snapshot.processor);
      this.vcpu.restore(snapshot.vcpu);
      this.vcpu.ports.restore(snapshot.devices);
      this.vcpu.delivery.restore(snapshot.delivery);
      this.nmis.restore(snapshot.accounting);
      this.kick.restore(snapshot.kick);
      this.vcpu.console.restore(snapshot.serial);
      this.tablePages.next = snapshot.nextTablePage;
      this.ended = snapshot.ended;
    });
  }

  private identity(): MachineIdentity {
    const { layout, nmi, cpu } = this.options;
    return { ramBytes: layout.ramBytes, nmi: nmi.name, cpu };
  }

  /** Runs until the guest ends or the budget is spent. Goes on after 'budget' and 'cancelled'. */
  run(options: RunOptions = {}): RunResult {
    const end = this.budgetEnd(options);
    for (;;) {
      const stop = this.runSlice(end, options);
      if (stop) return this.result(stop);
    }
  }

  /** As `run`, but lets the event loop go on between slices, so that a page stays alive and `signal` can come. */
  async runAsync(options: RunOptions = {}): Promise<RunResult> {
    const end = this.budgetEnd(options);
    for (;;) {
      const stop = this.runSlice(end, options);
      if (stop) return this.result(stop);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  private budgetEnd({ maxInstructions = Infinity }: RunOptions): number {
    return maxInstructions === Infinity ? Infinity : this.time + toCount('maxInstructions', maxInstructions);
  }

  private runSlice(end: number, { signal, onSlice }: RunOptions): StopReason | null {
    const stop = this.guard.shield(() => this.runSteps(end, signal));
    if (stop === null) onSlice?.(this.time);
    return stop;
  }

  private runSteps(end: number, signal: AbortSignal | undefined): StopReason | null {
    const sliceEnd = Math.min(end, this.time + SLICE_INSTRUCTIONS);
    for (let exits = 0; exits < SLICE_EXITS; exits++) {
      if (this.ended) return this.ended;
      if (signal?.aborted) return { kind: 'cancelled' };
      const { time } = this;
      if (time >= end) return { kind: 'budget' };
      if (time >= sliceEnd) return null;
      const stop = this.step(sliceEnd);
      if (stop && !isResumable(stop)) this.ended = stop;
      this.guard.rethrow();
      if (stop) return stop;
    }
    return null;
  }

  /** Sleeps, or runs the guest to its next exit and handles that. Null: go on. */
  private step(end: number): StopReason | null {
    if (this.isInside) {
      this.armKick();
      return this.leave(this.processor.resume({ maxInstructions: end - this.time }));
    }
    this.takeRequests();
    if (this.vcpu.haltedAt !== null && !this.wake()) return this.sleep(end, this.vcpu.haltedAt);
    this.prepareEntry();
    return this.leave(this.processor.vmrun(this.vcpu.vmcb, { maxInstructions: end - this.time }));
  }

  private takeRequests(): void {
    for (
      let at = this.vcpu.agenda.takeDue(this.time);
      at !== null;
      at = this.vcpu.agenda.takeDue(this.time)
    ) {
      this.nmis.request(at);
      this.vcpu.delivery.request();
    }
  }

  /** Whether the guest has something to wake up for. */
  private wake(): boolean {
    const isAwake = this.vcpu.delivery.isDue() || isInjectionPending(this.vcpu.vmcb);
    if (isAwake) this.vcpu.haltedAt = null;
    return isAwake;
  }

  /** Time passes to the next request; without one, nothing will ever happen. */
  private sleep(end: number, rip: bigint): StopReason | null {
    const next = this.vcpu.agenda.next();
    if (next === null) return { kind: 'halted', rip };
    this.vcpu.idle += Math.min(next, end) - this.time;
    return null;
  }

  private prepareEntry(): void {
    const { vcpu } = this;
    const hadVirtualNmi = vcpu.isTraced && isVirtualNmiSet(vcpu.vmcb);
    this.kick.isForced = false;
    vcpu.delivery.prepareEntry();
    vcpu.updateTscOffset();
    this.armKick();
    this.nmis.enter();
    if (vcpu.isTraced) this.traceEntry(hadVirtualNmi);
  }

  /** Schedules the interrupt that carries the next request in. */
  private armKick(): void {
    const next = this.vcpu.agenda.next();
    this.kick.arm(next === null ? null : next - this.vcpu.clockLag);
  }

  private leave(end: ProcessorResult): StopReason | null {
    switch (end.kind) {
      case 'paused':
        return null;
      case 'unimplemented': {
        this.nmis.leave('exit');
        this.vcpu.delivery.afterExit();
        const text = this.options.disassemble(end.bytes, this.vcpu.codeBits(), end.rip);
        return { kind: 'unimplemented', rip: end.rip, bytes: toHex(end.bytes), text };
      }
      case 'shutdown-unintercepted':
      case 'halted':
        throw new InvariantError(`the processor stopped with ${end.kind}, which is intercepted`);
      default:
        return this.handle(end);
    }
  }

  private handle(exit: VmExit): StopReason | null {
    const { vmcb, delivery } = this.vcpu;
    const cause = this.causeOf(exit);
    if (exit.kind === 'intr' || this.kick.isForced) this.kick.withdraw();
    this.nmis.leave(exit.kind === 'shutdown' || exit.kind === 'invalid' ? exit.kind : 'exit');
    this.nmis.countExit(exit.code, cause);
    if (this.vcpu.isTraced) this.traceExit(exit, cause);
    delivery.afterExit();
    if (exit.kind === 'invalid')
      return { kind: 'invalid-vmcb', violations: this.processor.findViolations(vmcb) };
    vmcb.set('tlbControl', TlbControl.Nothing);
    // A handler may have lifted it for one VMRUN.
    if (!isCodeIntercepted(vmcb, ExitCode.TaskSwitch)) intercept(vmcb, 'task-switch');
    const event = exit.kind === 'shutdown' ? null : interruptedEvent(vmcb);
    if (event) this.redeliver(event);
    const verdict = handleExit(this.vcpu, exit);
    return verdict === 'resume' ? null : verdict;
  }

  /** The event that the exit cut short happens again; an INTn, #BP or #OF by executing its instruction again. */
  private redeliver(event: EventImage): void {
    const isTrap = event.vector === Vector.Bp || event.vector === Vector.Of;
    if (event.type === EventType.Nmi) this.vcpu.delivery.redeliver();
    else if (event.type === EventType.Interrupt) reinjectInterrupted(this.vcpu.vmcb);
    else if (event.type === EventType.Exception && !isTrap) reinjectInterrupted(this.vcpu.vmcb);
  }

  private causeOf(exit: VmExit): ExitCause {
    switch (exit.kind) {
      case 'iret':
      case 'vintr':
      case 'nmi':
        return 'nmi-delivery';
      case 'intr':
        return this.kick.isForced ? 'nmi-delivery' : 'kick';
      case 'exception':
        return exit.vector === Vector.Db && this.vcpu.delivery.isStepping() ? 'nmi-delivery' : 'workload';
      default:
        return 'workload';
    }
  }

  private traceEntry(hadVirtualNmi: boolean): void {
    const { vcpu } = this;
    const event = injectedEvent(vcpu.vmcb);
    const where = { kind: 'inject', time: this.time, rip: vcpu.rip() } as const;
    if (event) vcpu.trace({ ...where, event: `EVENTINJ ${EventType[event.type]} ${event.vector}` });
    if (!hadVirtualNmi && isVirtualNmiSet(vcpu.vmcb)) vcpu.trace({ ...where, event: 'V_NMI' });
  }

  private traceExit(exit: VmExit, cause: ExitCause): void {
    const name = exitName(exit.code);
    const event = interruptedEvent(this.vcpu.vmcb);
    const detail = event ? `while delivering ${EventType[event.type]} ${event.vector}` : '';
    this.vcpu.trace({ kind: 'exit', time: this.time, rip: this.vcpu.rip(), exit: name, cause, detail });
  }

  private result(stop: StopReason): RunResult {
    const { state } = this.processor.core;
    const serial = this.vcpu.console.contents();
    return {
      stop,
      instructions: this.time - this.vcpu.idle,
      time: this.time,
      exits: this.nmis.exits(),
      nmi: this.nmis.report(this.vcpu.delivery, {
        delivered: state.get('nmiDelivered'),
        maxNesting: state.get('nmiMaxDepth'),
      }),
      serial,
      serialText: new TextDecoder().decode(serial),
    };
  }
}

function toCount(name: string, value: number | bigint): number {
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 0)
    throw new UsageError(`${name} is a whole number of instructions, 0 or more, not ${value}`);
  return count;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

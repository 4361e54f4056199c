/**
 * A virtual machine: one guest, one hypervisor with its way of delivering NMIs, and what their owner asks of them.
 *
 * Everything happens at an exact count of instructions, so the same guest with the same schedule runs the same way,
 * always.
 */
import { requireOptions, UsageError } from '../errors.js';
import { GuestRegisters } from '../svm/guest-registers/guest-registers.js';
import type { Processor } from '../svm/processor.js';
import type { ReadonlyVmcb } from '../svm/vmcb.js';
import { Agenda } from './agenda.js';
import { CallbackGuard } from './callback-guard.js';
import { type AddressRange, type Checkpoint, type CheckpointedParts, Checkpoints } from './checkpoint.js';
import type { CodeBits } from './code-size.js';
import { Console } from './console.js';
import { Runner, toCount } from './runner.js';
import { GuestLoop } from './guest-loop.js';
import type { ExitCount } from './ledger.js';
import { Kick } from './kick.js';
import { assemble } from './machine.js';
import { NmiAccounting } from './nmi-accounting.js';
import { type NmiState, readNmiState } from './nmi-state.js';
import { PagePool } from './page-pool.js';
import type { RunResult, StopReason } from './run-result.js';
import { Tracer } from './tracer.js';
import { stateHash } from './state-hash.js';
import type { Vcpu } from './vcpu.js';
import type { Moment } from './moment.js';
import type { GuestMemory } from './guest-memory.js';
import { VirtualMemory } from './virtual-memory.js';
import type { NmiRequestOptions, RunOptions, SettleOptions, VmOptions } from './vm-options.js';
import { type MachineIdentity, requireFit, specOf, type VmSnapshot } from './vm-snapshot.js';

export class Vm {
  private readonly processor: Processor;
  private readonly vcpu: Vcpu;
  private readonly nmis: NmiAccounting;
  private readonly guard = new CallbackGuard();
  private readonly tablePages: PagePool;
  private readonly kick: Kick;
  /** Null if nobody listens. */
  private readonly tracer: Tracer | null;
  private readonly loop: GuestLoop;
  private readonly runner: Runner;
  private readonly parts: CheckpointedParts;
  private readonly checkpoints: Checkpoints;
  /** The guest's registers, to read and to write between two runs. */
  readonly registers: GuestRegisters;
  /** The guest's memory by linear address. */
  readonly virtual: VirtualMemory;
  /** Guest-physical memory. */
  readonly memory: GuestMemory;
  /** How often the owner has changed the machine: registers, memory, NMI requests. What it does otherwise follows from that. */
  edits = 0;

  /** Use `createVm`. */
  constructor(private readonly options: VmOptions) {
    const { processor, layout, guest, nmi } = options;
    const trace = this.guard.wrap(options.onTrace);
    const now = (): number => this.time;
    this.processor = processor;
    this.kick = new Kick(processor);
    this.tablePages = new PagePool(layout.nestedTables);
    const vmcb = processor.vmcb(layout.vmcb);
    this.nmis = new NmiAccounting(vmcb, now, trace);
    const delivery = nmi.create({
      vmcb,
      merge: (reason) => this.nmis.merge(reason),
      lose: (reason) => this.nmis.lose(reason),
      exitAtOnce: () => {
        this.kick.isForced = true;
      },
    });
    const agenda = new Agenda(options.nmiSchedule);
    this.tracer = trace ? new Tracer(trace, { processor, vmcb, delivery, now }) : null;
    const onSerial = this.guard.wrap(options.onSerial);
    const console = new Console((byte) => {
      onSerial?.(byte);
      this.tracer?.serial(byte);
    });
    const { tablePages } = this;
    this.vcpu = assemble({ processor, layout, guest, delivery, agenda, console, tablePages, trace });
    const onWrite = (): void => void this.edits++;
    this.memory = this.vcpu.memory.observed(onWrite);
    this.registers = new GuestRegisters(processor, vmcb, onWrite);
    this.virtual = new VirtualMemory(this.memory, () => this.registers.current());
    const { vcpu, nmis, kick, tracer } = this;
    this.parts = { processor, vcpu, nmis, kick, tablePages };
    this.checkpoints = new Checkpoints(this.parts);
    this.loop = new GuestLoop({ processor, vcpu, nmis, kick, tracer, disassemble: options.disassemble });
    const { loop, guard, registers, virtual } = this;
    this.runner = new Runner({
      processor,
      vcpu,
      loop,
      guard,
      nextInstruction: () => virtual.codeAddress(registers.get('rip')),
      moment: () => this.moment,
    });
    processor.observe({
      nmiDelivered: (_clock, origin) => {
        const request = this.nmis.deliver();
        this.tracer?.delivered(request, origin);
      },
    });
  }

  /** Instructions the guest has completed, and those it slept through: the time in which NMIs are scheduled. */
  get time(): number {
    return this.vcpu.now();
  }

  /** How far the machine has come: what happened between two instructions counts, too. */
  get moment(): Moment {
    return { time: this.time, exits: this.nmis.exitTotal, deliveries: this.processor.eventsDelivered };
  }

  /**
   * The guest is entered: it paused between two exits, so its registers are in the processor, and the VMCB is what the last
   * VMRUN read. Otherwise the last run ended at a #VMEXIT or before the first VMRUN, and the VMCB is up to date.
   */
  get isInside(): boolean {
    return this.processor.isGuestEntered;
  }

  /** The guest's VMCB, for reading. While `isInside`, `registers` and `nmiState` know what has changed since. */
  get vmcb(): ReadonlyVmcb {
    return this.vcpu.vmcb;
  }

  /** The #VMEXITs so far, by name and cause. */
  exits(): ExitCount[] {
    return this.nmis.exits();
  }

  /** Where the NMIs are now. */
  get nmiState(): NmiState {
    return readNmiState(this.processor, this.vcpu);
  }

  /** The bytes of the instruction at CS:`rip`, for a disassembler: 15, or fewer where the guest's memory ends. */
  codeAt(rip: bigint): { readonly bytes: Uint8Array; readonly bits: CodeBits } {
    return this.virtual.code(rip);
  }

  /** Requests one NMI. It is carried in by a kick if the guest runs at that time. Callbacks may ask, too. */
  requestNmi(options: NmiRequestOptions = {}): void {
    requireOptions('requestNmi', options);
    const at =
      options.atInstruction === undefined ? this.time : toCount('atInstruction', options.atInstruction);
    this.vcpu.agenda.add(Math.max(at, this.time));
    this.edits++;
    if (this.isInside) this.loop.armKick(); // a callback asks: the guest runs on after it
  }

  /**
   * Keeps the times that are read of the NMI schedule from here on, and returns what gives them: with them, what a generator
   * made can be written down. One more is read than has come. A `restore` ends it.
   */
  keepSchedule(): () => number[] {
    const { agenda } = this.vcpu;
    const mark = agenda.mark();
    return () => agenda.readSince(mark);
  }

  /**
   * Remembers this moment, to return to in this process: microseconds, and memory for the pages that change afterwards. Any
   * number can be held, and returned to in any order. Release it when nobody will. Callbacks must not ask.
   */
  checkpoint(): Checkpoint {
    return this.guard.shield(() => this.checkpoints.take(this.runner.ended));
  }

  /**
   * Goes back, or forth, to the moment of a checkpoint, which stays: what follows is what would have followed then. Costs what
   * differs. Throws a `UsageError` if the checkpoint is another machine's, or was released.
   */
  returnTo(checkpoint: Checkpoint): void {
    this.guard.shield(() => {
      this.runner.ended = this.checkpoints.returnTo(checkpoint);
      this.tracer?.restart();
    });
  }

  /** Guest-physical addresses of the pages of RAM whose contents are not what they were at a checkpoint, ascending. */
  pagesChangedSince(checkpoint: Checkpoint): number[] {
    return this.checkpoints.pagesChangedSince(checkpoint);
  }

  /** Guest-physical addresses of the bytes of RAM that are not what they were at a checkpoint, as ranges, ascending. */
  bytesChangedSince(checkpoint: Checkpoint): AddressRange[] {
    return this.checkpoints.bytesChangedSince(checkpoint);
  }

  /**
   * A hash of the whole state, 16 hexadecimal digits: the same in every engine, interpreted and compiled, wherever runs were
   * sliced. From the second on it costs what has changed. Callbacks must not ask.
   */
  stateHash(): string {
    return this.guard.shield(() => stateHash(this.parts, this.runner.ended));
  }

  /** A copy of the whole machine between two instructions, as data. Callbacks must not ask. */
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
      ended: this.runner.ended,
    }));
  }

  /**
   * Makes this machine the one that the snapshot is of: what follows is what followed then. Throws a `UsageError`, and
   * leaves the machine as it is, if the snapshot is of another machine or had another NMI schedule. Checkpoints are void.
   */
  restore(snapshot: VmSnapshot): void {
    this.guard.shield(() => {
      requireFit(snapshot, this.identity(), this.options.layout);
      if (!this.processor.fits(snapshot.processor))
        throw new UsageError('the snapshot is of a machine with other memory');
      this.vcpu.agenda.restore(snapshot.agenda);
      this.checkpoints.forgetAll();
      this.processor.restore(snapshot.processor);
      this.vcpu.restore(snapshot.vcpu);
      this.vcpu.ports.restore(snapshot.devices);
      this.vcpu.delivery.restore(snapshot.delivery);
      this.nmis.restore(snapshot.accounting);
      this.kick.restore(snapshot.kick);
      this.vcpu.console.restore(snapshot.serial);
      this.tablePages.next = snapshot.nextTablePage;
      this.runner.ended = snapshot.ended;
      this.tracer?.restart();
    });
  }

  private identity(): MachineIdentity {
    const { layout, nmi, cpu } = this.options;
    return { ramBytes: layout.ramBytes, nmi: nmi.name, cpu };
  }

  /** Runs until the guest ends, the budget is spent or a trap is hit. Goes on after 'budget', 'cancelled' and 'trap'. */
  run(options: RunOptions = {}): RunResult {
    return this.result(this.advance(options));
  }

  /** As `run`, but gathers no result: for many short runs, as a debugger's steps are. */
  advance(options: RunOptions = {}): StopReason {
    const run = this.runner.begin(options);
    for (;;) {
      const stop = this.runner.slice(run, options);
      if (stop) return stop;
    }
  }

  /** As `run`, but lets the event loop go on between slices, so that a page stays alive and `signal` can come. */
  async runAsync(options: RunOptions = {}): Promise<RunResult> {
    const run = this.runner.begin(options);
    for (;;) {
      const stop = this.runner.slice(run, options);
      if (stop) return this.result(stop);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  /**
   * Lets happen what is due between two instructions: requests, the exits they cause, VMRUN, the delivery of events. Then the
   * guest's next instruction is next, or it sleeps, or it is over and this says why. No time passes; a run that goes on from
   * here does what it would have done anyway.
   */
  settle(options: SettleOptions = {}): StopReason | null {
    return this.runner.settle(options);
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

/**
 * The processor with AMD-V: bare silicon, for whoever writes a hypervisor.
 *
 * The caller is the host. It fills a VMCB, executes VMRUN, reads the exit. Interrupts arrive at the pins at exact counts of
 * retired instructions; nothing here reads a clock of the real world.
 */
import { Rflags } from '../../assembly/abi/processor-bits.js';
import { VMCB_BYTES } from '../../assembly/abi/vmcb-layout.js';
import type { Core } from '../core/core.js';
import { fitsCore, restoreCore, saveCore } from '../core/core-snapshot.js';
import type { CpuidResult } from '../core/cpuid-row.js';
import { Engine, type EngineOptions } from '../engine/engine.js';
import { MemoryRangeError, requireOptions, UsageError } from '../errors.js';
import { type CheckContext, findViolations, isAcceptable } from './checks.js';
import { INVALID_EXIT } from './exit.js';
import { GuestRun, type RunResult } from './guest-run.js';
import { CoreGuestState } from './guest-state.js';
import { setUpHost } from './host.js';
import { Pins } from './pins.js';
import { ProcessorCheckpoints } from './processor-checkpoint.js';
import type { ProcessorListener } from './processor-listener.js';
import type { ProcessorSnapshot } from './processor-snapshot.js';
import { Registers } from './registers.js';
import { Schedule } from './schedule.js';
import { armTraps, disarmTraps, hitTrap, type ProcessorTrap, type ProcessorTraps } from './traps.js';
import { Vmcb } from './vmcb.js';
import { refuseGuest } from './vmexit.js';

export type { CpuidResult };

export type ProcessorOptions = EngineOptions;

export interface RunOptions {
  /** Instructions after which the run pauses, the guest still entered. Unlimited unless given. */
  readonly maxInstructions?: number;
  /** Where else it is to stop, with `trapped`; `trap` then says which. */
  readonly traps?: ProcessorTraps | undefined;
}

const FOREVER = Number.MAX_SAFE_INTEGER;

export class Processor {
  /** General registers, which VMRUN and #VMEXIT leave alone. */
  readonly registers: Registers;
  /** Moments to go back to. What the host writes to `memory` or `words` itself, it announces with `core.touch`. */
  readonly checkpoints: ProcessorCheckpoints;
  readonly #pins = new Pins();
  readonly #schedule = new Schedule();
  readonly #state: CoreGuestState;
  readonly #guest: GuestRun;
  readonly #checkContext: CheckContext;
  #trap: ProcessorTrap | null = null;

  private constructor(private readonly engine: Engine) {
    this.registers = new Registers(engine.core.state);
    const state = new CoreGuestState(engine.core.state);
    this.#state = state;
    this.#guest = new GuestRun(engine, state, this.#pins, this.#schedule);
    this.checkpoints = new ProcessorCheckpoints(engine.core, this.#pins, this.#schedule, this.#guest);
    this.#checkContext = {
      get isHostPaging() {
        return state.isPaging;
      },
      cr4Bits: this.cr4Bits,
      memory: this.words,
    };
    setUpHost(engine.core);
  }

  static async create(options: ProcessorOptions): Promise<Processor> {
    if (typeof options !== 'object' || options === null)
      throw new UsageError('Processor.create takes an object with at least memoryBytes');
    return new Processor(await Engine.create(options));
  }

  /** The core below, for whoever must see state that has no architectural door. */
  get core(): Core {
    return this.engine.core;
  }

  /** Physical memory. Where code may lie, write with `write`. */
  get memory(): Uint8Array {
    return this.core.memory;
  }

  /** Physical memory, for wider accesses; the same caution. */
  get words(): DataView {
    return this.core.words;
  }

  read(physical: number, bytes: number): Uint8Array {
    return this.core.read(physical, bytes);
  }

  /** Writes physical memory; code decoded from it is forgotten. */
  write(physical: number, bytes: Uint8Array): void {
    this.core.write(physical, bytes);
  }

  /** A window on the VMCB at a physical address, a multiple of 4,096. */
  vmcb(physical: number): Vmcb {
    if (!Number.isSafeInteger(physical))
      throw new UsageError(`the address of a VMCB is a number, a multiple of 1000h, not ${String(physical)}`);
    const { buffer, byteOffset, byteLength } = this.words;
    if (physical < 0 || physical + VMCB_BYTES > byteLength)
      throw new MemoryRangeError(physical, VMCB_BYTES, byteLength);
    const vmcb = new Vmcb(new DataView(buffer, byteOffset + physical, VMCB_BYTES), physical);
    this.checkpoints.expectWrites(physical);
    return vmcb;
  }

  // Time and pins.

  /** Instructions retired since the processor was made; an iteration of REP counts as one. */
  get clock(): number {
    return this.#state.clock;
  }

  /** Exceptions and interrupts that have got to their handlers since the processor was made, modulo 2^32. */
  get eventsDelivered(): number {
    return this.core.state.get('eventsDelivered');
  }

  /** The physical NMI pin: an edge, latched once. Only a guest takes it here; `acknowledgeNmi` is the host's way. */
  raiseNmi(): void {
    this.#pins.raiseNmi();
  }

  get isNmiPending(): boolean {
    return this.#pins.hasNmi;
  }

  /** The host takes the NMI: after an exit it stays pending (APM vol 2 §15.21.9). */
  acknowledgeNmi(): void {
    this.#pins.acknowledgeNmi();
  }

  /** Asserts a physical interrupt; it is held until somebody takes it. */
  raiseInterrupt(vector: number): void {
    this.#pins.raiseInterrupt(requireVector(vector));
  }

  get isInterruptPending(): boolean {
    return this.#pins.hasInterrupt;
  }

  /** The host takes the highest pending interrupt: its vector, or undefined. After an exit it stays pending. */
  acknowledgeInterrupt(): number | undefined {
    return this.#pins.acknowledgeInterrupt();
  }

  /** Asserts a physical interrupt exactly when the clock reaches `atClock`; at once if it has. */
  scheduleInterrupt(atClock: number, vector: number): void {
    this.#schedule.addInterrupt(atClock, requireVector(vector));
  }

  /** As `scheduleInterrupt`, the NMI pin. */
  scheduleNmi(atClock: number): void {
    this.#schedule.addNmi(atClock);
  }

  /** Withdraws every interrupt that is scheduled or pending. NMIs stay. */
  cancelInterrupts(): void {
    this.#schedule.cancelInterrupts();
    this.#pins.cancelInterrupts();
  }

  // Host instructions.

  /** VMLOAD: FS, GS, LDTR, TR and the system-call MSRs, which VMRUN does not load (APM vol 2 §15.5.2). */
  vmload(vmcb: Vmcb): void {
    this.#requireHost();
    this.core.exports.loadHiddenState(vmcb.physical);
  }

  vmsave(vmcb: Vmcb): void {
    this.#requireHost();
    this.core.exports.storeHiddenState(vmcb.physical);
  }

  /** CPUID, as the host sees it. */
  cpuid(leaf: number, subleaf: number): CpuidResult {
    return this.core.cpuid(leaf, subleaf);
  }

  /** The bits of CR4 that this model has. */
  get cr4Bits(): number {
    return this.core.state.num('cr4Bits');
  }

  /** The bits of XCR0 that this model has; none without XSAVE. */
  get xcr0Bits(): bigint {
    return this.core.exports.xcr0Bits();
  }

  /** XSETBV. XCR0 is not in the VMCB: guests have the host's. False: the value raises #GP(0). */
  xsetbv(value: bigint): boolean {
    this.#requireHost();
    return this.core.exports.setXcr0(value) !== 0;
  }

  /** RFLAGS.IF of the host: under V_INTR_MASKING it gates physical interrupts while the guest runs. */
  setHostInterruptFlag(isOpen: boolean): void {
    this.#requireHost();
    const flags = this.core.exports.rflags() & ~BigInt(Rflags.If);
    this.core.exports.setRflags(isOpen ? flags | BigInt(Rflags.If) : flags);
  }

  /** GIF: VMRUN sets it, #VMEXIT clears it. */
  get gif(): boolean {
    return this.core.state.get('gif') !== 0;
  }

  stgi(): void {
    this.core.state.set('gif', 1);
  }

  clgi(): void {
    this.core.state.set('gif', 0);
  }

  /** Why VMRUN would refuse this VMCB, in the manual's order; empty if it would not. */
  findViolations(vmcb: Vmcb): string[] {
    return findViolations(vmcb, this.#checkContext);
  }

  /** VMRUN: runs the guest until a #VMEXIT, or until the processor stops otherwise. */
  vmrun(vmcb: Vmcb, options?: RunOptions): RunResult {
    if (!(vmcb instanceof Vmcb))
      throw new UsageError('vmrun takes a Vmcb, as processor.vmcb(address) gives it');
    this.#requireHost();
    const limit = this.#limit(options);
    if (!isAcceptable(vmcb, this.#checkContext)) {
      refuseGuest(this.core, vmcb);
      return INVALID_EXIT;
    }
    this.#trap = null;
    if (!options?.traps) return this.#guest.enter(vmcb, limit);
    return this.#trapped(options.traps, () => this.#guest.enter(vmcb, limit));
  }

  /** A guest has paused or halted: `resume()` or `leave()` is next. */
  get isGuestEntered(): boolean {
    return this.#guest.isEntered;
  }

  /** Goes on with a guest that paused or halted. */
  resume(options?: RunOptions): RunResult {
    this.#requireGuest();
    const limit = this.#limit(options);
    this.#trap = null;
    if (!options?.traps) return this.#guest.resume(limit);
    return this.#trapped(options.traps, () => this.#guest.resume(limit));
  }

  /** The trap that ended the last run; null if none did. */
  get trap(): ProcessorTrap | null {
    return this.#trap;
  }

  /** A breakpoint on the instruction at linear address `linear`, if that is next now, does not stop the next run. */
  passBreakpoint(linear: bigint): void {
    this.core.exports.passBreakpoint(linear);
  }

  /** Leaves a guest that paused or halted, without an exit: its state is in the VMCB, EXITCODE is F000_0003h. */
  leave(): void {
    this.#requireGuest();
    this.#guest.leave();
  }

  /** A copy of the whole state, physical memory included. Between two runs only: a listener must not ask. */
  save(): ProcessorSnapshot {
    return { core: saveCore(this.core), ...this.outside() };
  }

  /** The part of a snapshot that is not the core's. */
  outside(): Omit<ProcessorSnapshot, 'core'> {
    return {
      pins: this.#pins.save(),
      schedule: this.#schedule.save(),
      enteredVmcb: this.#guest.entered?.physical ?? null,
    };
  }

  /** Whether a snapshot is of a processor with as much memory. */
  fits({ core, enteredVmcb }: ProcessorSnapshot): boolean {
    const isInside = enteredVmcb === null || enteredVmcb + VMCB_BYTES <= this.memory.length;
    return isInside && fitsCore(this.core, core);
  }

  /** Goes back, or over, to a saved state of a processor of this model with as much memory. Checkpoints are void. */
  restore(snapshot: ProcessorSnapshot): void {
    if (!this.fits(snapshot)) throw new UsageError('the snapshot is of a processor with other memory');
    const { enteredVmcb } = snapshot;
    const vmcb = enteredVmcb === null ? null : this.vmcb(enteredVmcb);
    this.checkpoints.forgetAll();
    restoreCore(this.core, snapshot.core);
    this.#pins.restore(snapshot.pins);
    this.#schedule.restore(snapshot.schedule);
    this.#guest.replace(vmcb);
  }

  observe(listener: ProcessorListener): void {
    this.#guest.observe(listener);
  }

  /** Runs with traps, which are gone when the run is over: the core's state never contains them. */
  #trapped(traps: ProcessorTraps, run: () => RunResult): RunResult {
    armTraps(this.core, traps);
    try {
      const end = run();
      if (end.kind === 'trapped') this.#trap = hitTrap(this.core, traps);
      return end;
    } finally {
      disarmTraps(this.core);
    }
  }

  #limit(options: RunOptions | undefined): number {
    if (options !== undefined) requireOptions('a run', options);
    const most = options?.maxInstructions ?? Infinity;
    if (!(most >= 0)) throw new UsageError(`maxInstructions must not be negative, got ${most}`);
    return Math.min(this.clock + Math.floor(most), FOREVER);
  }

  #requireHost(): void {
    if (this.#guest.isEntered)
      throw new UsageError('a guest is entered: resume() or leave() it before the host goes on');
  }

  #requireGuest(): void {
    if (!this.#guest.isEntered) throw new UsageError('no guest is entered: the last run ended with an exit');
  }
}

function requireVector(vector: number): number {
  if (!Number.isInteger(vector) || vector < 0 || vector > 255)
    throw new UsageError(`an interrupt vector is 0 to 255, not ${vector}`);
  return vector;
}

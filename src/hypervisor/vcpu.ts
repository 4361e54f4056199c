/**
 * One virtual processor as its exit handlers see it: the VMCB, the registers that VMRUN leaves alone, guest memory,
 * ports, and the few operations that most handlers need. It knows no policy and never runs the guest.
 */
import { Debug, Rflags } from '../../assembly/abi/processor-bits.js';
import { TlbControl, VmcbOffset } from '../../assembly/abi/vmcb-layout.js';
import { EventType, Vector } from '../../assembly/abi/vector.js';
import { injectEvent } from '../svm/event-injection.js';
import { setShadow } from '../svm/interrupt-shadow.js';
import type { NestedPageTables } from '../svm/nested-paging.js';
import type { Processor } from '../svm/processor.js';
import type { Registers } from '../svm/registers.js';
import type { Vmcb } from '../svm/vmcb.js';
import type { Agenda } from './agenda.js';
import { type CodeBits, codeBitsOf } from './code-size.js';
import type { Console } from './console.js';
import type { GuestMemory } from './guest-memory.js';
import type { NmiDelivery } from './nmi/delivery.js';
import type { PortBus } from './port-bus.js';
import type { TraceEvent, TraceListener } from './trace.js';

/** What a virtual processor is made of. */
export interface VcpuParts {
  readonly vmcb: Vmcb;
  readonly registers: Registers;
  /** Instructions that only the host can execute for its guest. */
  readonly host: Pick<Processor, 'cpuid' | 'xsetbv'>;
  readonly memory: GuestMemory;
  readonly nested: NestedPageTables;
  readonly ports: PortBus;
  readonly console: Console;
  readonly agenda: Agenda;
  /** Retired instructions, as the processor counts. */
  readonly clock: () => number;
  /** Copies FS, GS, LDTR, TR and their MSRs to the VMCB (VMSAVE). */
  readonly saveHiddenState: () => void;
  readonly trace: TraceListener | undefined;
}

/** What a virtual processor knows that is neither in the VMCB nor in the processor. */
export interface SavedVcpu {
  readonly emulated: number;
  readonly idle: number;
  readonly haltedAt: bigint | null;
  readonly exitStatus: number | null;
  readonly tscAdjustment: bigint;
}

export class Vcpu {
  readonly vmcb: Vmcb;
  readonly registers: Registers;
  readonly host: VcpuParts['host'];
  readonly memory: GuestMemory;
  readonly nested: NestedPageTables;
  readonly ports: PortBus;
  readonly console: Console;
  readonly agenda: Agenda;
  readonly saveHiddenState: () => void;
  /** Instructions that the hypervisor executed in the guest's place. */
  emulated = 0;
  /** Instruction times that the guest slept. */
  idle = 0;
  /** Address of the HLT in which the guest sleeps. */
  haltedAt: bigint | null = null;
  /** Set by the exit port and by hypercall 0. */
  exitStatus: number | null = null;
  /** Told of memory that an emulated instruction accesses, by linear address; null unless somebody watches. */
  onAccess: ((linear: bigint, bytes: number, isWrite: boolean) => void) | null = null;
  /** Added to `now` for the guest's time-stamp counter. */
  private tscAdjustment = 0n;
  /** The `clockLag` that TSC_OFFSET contains; null if that is stale. */
  private lagInTscOffset: number | null = null;
  private readonly clock: () => number;
  private readonly listener: TraceListener | undefined;

  constructor(
    parts: VcpuParts,
    readonly delivery: NmiDelivery,
  ) {
    this.vmcb = parts.vmcb;
    this.registers = parts.registers;
    this.host = parts.host;
    this.memory = parts.memory;
    this.nested = parts.nested;
    this.ports = parts.ports;
    this.console = parts.console;
    this.agenda = parts.agenda;
    this.saveHiddenState = parts.saveHiddenState;
    this.clock = parts.clock;
    this.listener = parts.trace;
  }

  /** The virtual machine's time: instructions completed, and slept. */
  now(): number {
    return this.clock() + this.emulated + this.idle;
  }

  /** How far the processor's clock is behind `now`. */
  get clockLag(): number {
    return this.emulated + this.idle;
  }

  trace(event: TraceEvent): void {
    this.listener?.(event);
  }

  get isTraced(): boolean {
    return this.listener !== undefined;
  }

  /** RIP of the guest. */
  rip(): bigint {
    return this.vmcb.get('rip');
  }

  /**
   * The instruction at RIP is done: goes to the next one, as the processor would. The shadow ends, RF clears, and a
   * guest that single-steps or hit breakpoints gets its #DB.
   */
  completeInstruction(nextRip?: bigint, breakpoints = 0): void {
    const { vmcb } = this;
    this.emulated++;
    if (nextRip === undefined) {
      // As two words: a bigint is an allocation.
      vmcb.setWord(VmcbOffset.Rip, vmcb.word(VmcbOffset.NextRip));
      vmcb.setWord(VmcbOffset.Rip + 4, vmcb.word(VmcbOffset.NextRip + 4));
    } else vmcb.set('rip', nextRip);
    setShadow(vmcb, false);
    vmcb.setWord(VmcbOffset.Rflags, vmcb.word(VmcbOffset.Rflags) & ~Rflags.Rf);
    this.trap(breakpoints);
  }

  /** The guest single-steps. */
  get isStepping(): boolean {
    return (this.delivery.guestFlags() & Rflags.Tf) !== 0;
  }

  /**
   * #DB after an instruction, or after an iteration of one, if the guest asked for it.
   *
   * @param breakpoints Bits B0 to B3 of DR6.
   */
  trap(breakpoints: number): void {
    const reasons = breakpoints | (this.isStepping ? Debug.Dr6Bs : 0);
    if (reasons === 0) return;
    this.vmcb.setLow('dr6', ((this.vmcb.low('dr6') & ~Debug.Dr6Breakpoints) | reasons) >>> 0);
    this.raise(Vector.Db);
  }

  /**
   * Has the next VMRUN deliver an exception instead of the instruction at RIP. An injected #DB leaves DR7.GD as it is,
   * so it is for the hypervisor to clear (APM vol 2 §13.1.1.4).
   */
  raise(vector: Vector, errorCode: number | null = null): void {
    if (vector === Vector.Db) this.vmcb.setLow('dr7', (this.vmcb.low('dr7') & ~Debug.Dr7Gd) >>> 0);
    injectEvent(this.vmcb, { type: EventType.Exception, vector, errorCode });
  }

  /** #PF; CR2 is the hypervisor's to write (APM vol 2 §15.20). */
  raisePageFault(linear: bigint, errorCode: number): void {
    this.vmcb.set('cr2', linear);
    this.raise(Vector.Pf, errorCode);
  }

  /** CR4 of the guest. */
  get cr4(): number {
    return this.vmcb.low('cr4');
  }

  /** EAX of the guest; writing clears the upper half of RAX. */
  get eax(): number {
    return this.vmcb.word(VmcbOffset.Rax);
  }

  set eax(value: number) {
    this.vmcb.setWord(VmcbOffset.Rax, value);
    this.vmcb.setWord(VmcbOffset.Rax + 4, 0);
  }

  /** The next VMRUN forgets this guest's translations. */
  flushTlb(): void {
    this.vmcb.set('tlbControl', TlbControl.FlushGuest);
  }

  /** WRMSR TSC: from now on the guest counts from `value`. */
  setTsc(value: bigint): void {
    this.tscAdjustment = value - BigInt(this.now());
    this.lagInTscOffset = null;
    this.updateTscOffset();
  }

  /** TSC_OFFSET: what the processor's clock lacks for the guest's time. */
  updateTscOffset(): void {
    const lag = this.clockLag;
    if (lag === this.lagInTscOffset) return;
    this.lagInTscOffset = lag;
    if (this.tscAdjustment === 0n) this.vmcb.setNumber('tscOffset', lag);
    else this.vmcb.set('tscOffset', BigInt.asUintN(64, BigInt(lag) + this.tscAdjustment));
  }

  save(): SavedVcpu {
    const { emulated, idle, haltedAt, exitStatus, tscAdjustment } = this;
    return { emulated, idle, haltedAt, exitStatus, tscAdjustment };
  }

  restore(saved: SavedVcpu): void {
    this.emulated = saved.emulated;
    this.idle = saved.idle;
    this.haltedAt = saved.haltedAt;
    this.exitStatus = saved.exitStatus;
    this.tscAdjustment = saved.tscAdjustment;
    this.lagInTscOffset = null;
  }

  /** Size of the code the guest executed at its last exit. */
  codeBits(): CodeBits {
    return codeBitsOf(this.vmcb);
  }

  /** Whether that is 64-bit code. */
  is64Bit(): boolean {
    return codeBitsOf(this.vmcb) === 64;
  }
}

/**
 * The hypervisor's loop around one guest, one turn of it at a time:
 *
 *     requests that are due → entry prepared → VMRUN → exit accounted for → handled → again, or stop.
 *
 * A request that falls due while the guest runs is carried in by a physical interrupt, the kick, as a real hypervisor
 * interrupts the processor that runs the guest; its exit is not held against the delivery.
 */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { TlbControl } from '../../assembly/abi/vmcb-layout.js';
import { EventType, Vector } from '../../assembly/abi/vector.js';
import { InvariantError } from '../errors.js';
import {
  type EventImage,
  interruptedEvent,
  isInjectionPending,
  reinjectInterrupted,
} from '../svm/event-injection.js';
import type { VmExit } from '../svm/exit.js';
import type { RunResult as ProcessorResult } from '../svm/guest-run.js';
import { exitName, intercept, isCodeIntercepted } from '../svm/intercepts.js';
import type { Processor } from '../svm/processor.js';
import type { ProcessorTraps } from '../svm/traps.js';
import { handleExit } from './exit-handlers.js';
import type { Kick } from './kick.js';
import type { ExitCause } from './ledger.js';
import type { NmiAccounting } from './nmi-accounting.js';
import type { StopReason } from './run-result.js';
import type { Tracer } from './tracer.js';
import type { ExitRecord, Trap } from './traps.js';
import type { Vcpu } from './vcpu.js';
import type { VmOptions } from './vm-options.js';

export interface GuestLoopParts {
  readonly processor: Processor;
  readonly vcpu: Vcpu;
  readonly nmis: NmiAccounting;
  readonly kick: Kick;
  /** Null if nobody listens. */
  readonly tracer: Tracer | null;
  readonly disassemble: VmOptions['disassemble'];
}

export class GuestLoop {
  private readonly processor: Processor;
  private readonly vcpu: Vcpu;
  private readonly nmis: NmiAccounting;
  private readonly kick: Kick;
  private readonly tracer: Tracer | null;
  private readonly disassemble: VmOptions['disassemble'];
  private lastCode: number | null = null;
  private lastCause: ExitCause = 'workload';

  constructor({ processor, vcpu, nmis, kick, tracer, disassemble }: GuestLoopParts) {
    this.processor = processor;
    this.vcpu = vcpu;
    this.nmis = nmis;
    this.kick = kick;
    this.tracer = tracer;
    this.disassemble = disassemble;
  }

  /** The guest is entered, running or paused: the VMCB is the processor's. */
  get isInside(): boolean {
    return this.processor.isGuestEntered;
  }

  /** The exit that the last turn ended with, if it did. Named only for who asks: every exit passes here. */
  get lastExit(): ExitRecord | null {
    if (this.lastCode === null) return null;
    return { exit: exitName(this.lastCode), cause: this.lastCause };
  }

  private get time(): number {
    return this.vcpu.now();
  }

  /**
   * Sleeps, or runs the guest to its next exit and handles that. Null: go on.
   *
   * @param end The time at which the guest pauses.
   */
  turn(end: number, traps?: ProcessorTraps): StopReason | null {
    this.lastCode = null;
    if (this.isInside) {
      this.armKick();
      return this.leave(this.processor.resume({ maxInstructions: end - this.time, traps }));
    }
    this.takeRequests();
    if (this.vcpu.haltedAt !== null && !this.wake()) return this.sleep(end, this.vcpu.haltedAt);
    this.prepareEntry();
    return this.leave(this.processor.vmrun(this.vcpu.vmcb, { maxInstructions: end - this.time, traps }));
  }

  private takeRequests(): void {
    for (
      let at = this.vcpu.agenda.takeDue(this.time);
      at !== null;
      at = this.vcpu.agenda.takeDue(this.time)
    ) {
      this.nmis.request(at);
      this.vcpu.delivery.request();
      this.nmis.reconcile(this.vcpu.delivery);
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
    this.tracer?.beforeEntry();
    this.kick.isForced = false;
    vcpu.delivery.prepareEntry();
    this.nmis.reconcile(vcpu.delivery);
    vcpu.updateTscOffset();
    this.nmis.enter();
    this.tracer?.entry();
    // Last: whoever is told of the entry may ask for an NMI.
    this.armKick();
  }

  /** Schedules the interrupt that carries the next request in. */
  armKick(): void {
    const next = this.vcpu.agenda.next();
    this.kick.arm(next === null ? null : next - this.vcpu.clockLag);
  }

  private leave(end: ProcessorResult): StopReason | null {
    switch (end.kind) {
      case 'paused':
        return null;
      case 'trapped':
        return { kind: 'trap', trap: this.hitTrap() };
      case 'unimplemented': {
        this.nmis.leave('exit');
        this.vcpu.delivery.afterExit();
        const text = this.disassemble(end.bytes, this.vcpu.codeBits(), end.rip);
        return { kind: 'unimplemented', rip: end.rip, bytes: toHex(end.bytes), text };
      }
      case 'shutdown-unintercepted':
      case 'halted':
        throw new InvariantError(`the processor stopped with ${end.kind}, which is intercepted`);
      default:
        return this.handle(end);
    }
  }

  private hitTrap(): Trap {
    const { trap } = this.processor;
    if (trap === null) throw new InvariantError('the processor stopped for a trap and does not know which');
    return trap;
  }

  private handle(exit: VmExit): StopReason | null {
    const { vmcb, delivery } = this.vcpu;
    const cause = this.causeOf(exit);
    if (exit.kind === 'intr' || this.kick.isForced) this.kick.withdraw();
    this.nmis.leave(exit.kind === 'shutdown' || exit.kind === 'invalid' ? exit.kind : 'exit');
    this.nmis.countExit(exit.code, cause);
    this.tracer?.exit(exit, cause);
    this.lastCode = exit.code;
    this.lastCause = cause;
    delivery.afterExit();
    this.tracer?.look();
    if (exit.kind === 'invalid')
      return { kind: 'invalid-vmcb', violations: this.processor.findViolations(vmcb) };
    vmcb.set('tlbControl', TlbControl.Nothing);
    // A handler may have lifted it for one VMRUN.
    if (!isCodeIntercepted(vmcb, ExitCode.TaskSwitch)) intercept(vmcb, 'task-switch');
    const event = exit.kind === 'shutdown' ? null : interruptedEvent(vmcb);
    if (event) this.redeliver(event);
    const verdict = handleExit(this.vcpu, exit);
    this.nmis.reconcile(delivery);
    this.tracer?.look();
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
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

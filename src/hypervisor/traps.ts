/**
 * The traps of one run: where its owner wants it to stop. The processor's own, and the two that only the hypervisor sees: a
 * #VMEXIT, and the memory that an emulated INS or OUTS touches.
 */
import type { Processor } from '../svm/processor.js';
import { checkTraps, type ProcessorTrap, type ProcessorTraps, type Watchpoint } from '../svm/traps.js';
import type { ExitCause } from './ledger.js';
import type { Vcpu } from './vcpu.js';

/** Where a run is to stop, beside its end. A breakpoint on the instruction that is next when it begins does not stop it. */
export interface Traps extends ProcessorTraps {
  /** Stop after every #VMEXIT, when the hypervisor has handled it: the VMCB still shows it. */
  readonly exits?: boolean | undefined;
}

/** What happened last between guest and hypervisor. */
export interface ExitRecord {
  /** Name of the exit code. */
  readonly exit: string;
  readonly cause: ExitCause;
}

/** What stopped a run. */
export type Trap = ProcessorTrap | ({ readonly kind: 'exit' } & ExitRecord);

export class TrapWatch {
  /** What the processor looks after. */
  readonly processorTraps: ProcessorTraps;
  private accessed: Trap | null = null;
  private delivered: number;

  /** Throws a `UsageError` if these are no traps. */
  constructor(
    private readonly traps: Traps,
    private readonly processor: Processor,
    private readonly vcpu: Vcpu,
  ) {
    checkTraps(traps);
    this.processorTraps = traps;
    this.delivered = this.deliveries();
    if (traps.watchpoints?.length) vcpu.onAccess = (...access) => this.noteAccess(...access);
  }

  /** The run is over. */
  end(): void {
    this.vcpu.onAccess = null;
  }

  /** The trap that the last turn of the loop hit outside of the processor, or null. */
  afterTurn(exit: ExitRecord | null): Trap | null {
    const { accessed } = this;
    this.accessed = null;
    const isDelivered = this.deliveries() !== this.delivered;
    this.delivered = this.deliveries();
    if (accessed) return accessed;
    if (this.traps.exits && exit) return { kind: 'exit', ...exit };
    return this.traps.deliveries && isDelivered ? { kind: 'delivery' } : null;
  }

  private noteAccess(linear: bigint, bytes: number, isWrite: boolean): void {
    const watchpoint = this.traps.watchpoints?.find((one) => isHit(one, linear, bytes, isWrite));
    if (watchpoint) this.accessed ??= { kind: 'watchpoint', watchpoint, address: linear, isWrite };
  }

  private deliveries(): number {
    return this.processor.eventsDelivered;
  }
}

function isHit(watchpoint: Watchpoint, linear: bigint, bytes: number, isWrite: boolean): boolean {
  const { address, access } = watchpoint;
  if (access !== 'access' && (access === 'write') !== isWrite) return false;
  return linear < address + BigInt(watchpoint.bytes) && address < linear + BigInt(bytes);
}

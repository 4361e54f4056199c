/**
 * How a hypervisor gets NMIs into its guest: what every strategy is to the virtual machine.
 *
 * A strategy sees what the hypervisor it models sees: the VMCB, requests, and exits. Whether an NMI has reached the
 * guest it does not know; that is the processor's business, and the ledger's.
 */
import { VmcbOffset } from '../../../assembly/abi/vmcb-layout.js';
import type { Vmcb } from '../../svm/vmcb.js';

/** What the virtual machine offers to the strategy. */
export interface DeliveryHost {
  readonly vmcb: Vmcb;
  /** The newest accepted request has become part of an older one. `reason` is the architectural one. */
  merge(reason: string): void;
  /** The oldest accepted request is given up. */
  lose(reason: string): void;
  /** Sends the own processor an interrupt: after the coming VMRUN, and its EVENTINJ, the guest exits at once. */
  exitAtOnce(): void;
}

/** A strategy's own state, by the names of its fields: what is not in the VMCB. */
export type SavedDelivery = Readonly<Record<string, number | bigint | boolean | null>>;

export abstract class NmiDelivery {
  constructor(protected readonly host: DeliveryHost) {}

  protected get vmcb(): Vmcb {
    return this.host.vmcb;
  }

  /** Sets, once, the fields that the strategy wants in every VMRUN. */
  initialize(): void {}

  /** An NMI is to be delivered; the guest is not running. */
  abstract request(): void;

  /** Immediately before VMRUN: injects, or opens a window. */
  abstract prepareEntry(): void;

  /** After every #VMEXIT, before its handler. */
  afterExit(): void {}

  /** The exit cut an NMI's delivery short: EXITINTINFO holds it. */
  abstract redeliver(): void;

  /** #VMEXIT(IRET): the IRET at RIP has not been executed. */
  handleIret(): void {}

  /** #VMEXIT(VINTR). */
  handleVintr(): void {}

  /** #VMEXIT(#DB). Returns whether it is the guest's own, perhaps among other things, and must be reflected. */
  handleDebug(): boolean {
    return true;
  }

  /** The strategy has set RFLAGS.TF: a #DB exit would be its doing. */
  isStepping(): boolean {
    return false;
  }

  /** Whether the hypervisor's own NMI mask is set; null where there is none, or the processor keeps it. */
  softwareMask(): boolean | null {
    return null;
  }

  /** Accepted requests that are in neither EVENTINJ nor V_NMI. */
  abstract held(): number;

  /** A request is waiting and no earlier NMI masks it: HLT does not sleep. */
  abstract isDue(): boolean;

  abstract save(): SavedDelivery;

  abstract restore(saved: SavedDelivery): void;

  /** RFLAGS bits 31:0 as the guest knows them, without what the strategy put there. */
  guestFlags(): number {
    return this.vmcb.word(VmcbOffset.Rflags);
  }
}

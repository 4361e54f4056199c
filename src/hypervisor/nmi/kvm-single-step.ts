/**
 * KVM's single step over whatever blocks an NMI: an IRET, or the instruction in an interrupt shadow
 * (svm.c `svm_enable_nmi_window`, `disable_nmi_singlestep`, `svm_get_rflags`).
 *
 * TF makes the processor report the end of that one instruction with #DB, which KVM intercepts; RF keeps a breakpoint
 * of the guest's on it from firing twice. Two warts are KVM's: a TF that the IRET popped is cleared with KVM's own, and
 * a #DB that the guest asked for at the same boundary is dropped (`db_interception`).
 */
import { Rflags } from '../../../assembly/abi/processor-bits.js';
import { VmcbOffset } from '../../../assembly/abi/vmcb-layout.js';
import type { Vmcb } from '../../svm/vmcb.js';
import type { SavedDelivery } from './delivery.js';

const STEP_FLAGS = Rflags.Tf | Rflags.Rf;

export class KvmSingleStep {
  isActive = false;
  /** TF and RF as the guest had them. */
  private guestStepFlags = 0;
  /** DR6 as the guest had it. */
  private guestDr6 = 0;

  constructor(private readonly vmcb: Vmcb) {}

  /** `nmi_singlestep_guest_rflags` and TF|RF. */
  arm(): void {
    const flags = this.guestFlags();
    if (!this.isActive) this.guestDr6 = this.vmcb.low('dr6');
    this.guestStepFlags = flags & STEP_FLAGS;
    this.isActive = true;
    this.vmcb.setLow('rflags', (flags | STEP_FLAGS) >>> 0);
  }

  /** RFLAGS bits 31:0 without TF and RF that the guest did not set. */
  guestFlags(): number {
    const flags = this.vmcb.word(VmcbOffset.Rflags);
    if (!this.isActive) return flags;
    return (flags & ~(STEP_FLAGS & ~this.guestStepFlags)) >>> 0;
  }

  /** `disable_nmi_singlestep`. */
  disarm(): void {
    const flags = this.guestFlags();
    this.isActive = false;
    this.vmcb.setLow('rflags', flags);
  }

  save(): SavedDelivery {
    const { isActive, guestStepFlags, guestDr6 } = this;
    return { isActive, guestStepFlags, guestDr6 };
  }

  restore({ isActive, guestStepFlags, guestDr6 }: SavedDelivery): void {
    this.isActive = isActive === true;
    this.guestStepFlags = Number(guestStepFlags);
    this.guestDr6 = Number(guestDr6);
  }

  /**
   * The #DB of the step: ends it, and is KVM's alone. DR6 is the guest's again, which KVM keeps apart from the VMCB's.
   */
  finish(): void {
    this.disarm();
    this.vmcb.setLow('dr6', this.guestDr6);
  }
}

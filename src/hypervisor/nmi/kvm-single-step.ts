/**
 * KVM's single step over whatever blocks an NMI: an IRET, or the instruction in an interrupt shadow
 * (svm.c `svm_enable_nmi_window`, `disable_nmi_singlestep`, `svm_get_rflags`).
 *
 * TF makes the processor report the end of that one instruction with #DB, which KVM intercepts; RF keeps a breakpoint
 * of the guest's on it from firing twice. Two things are done as the guest expects and not as KVM does: flags that an
 * IRET popped are the guest's and stay, and a #DB that the guest also asked for is passed on (KVM drops both).
 */
import { Debug, Rflags } from '../../../assembly/abi/processor-bits.js';
import type { Vmcb } from '../../svm/vmcb.js';

const STEP_FLAGS = Rflags.Tf | Rflags.Rf;
/** Causes of a #DB other than a single step: breakpoints 0 to 3, debug-register access, task switch. */
const OTHER_CAUSES = 0xf | Debug.Dr6Bd | Debug.Dr6Bt;

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
    const flags = this.vmcb.low('rflags');
    if (!this.isActive) return flags;
    return (flags & ~(STEP_FLAGS & ~this.guestStepFlags)) >>> 0;
  }

  /** `disable_nmi_singlestep`. */
  disarm(): void {
    const flags = this.guestFlags();
    this.isActive = false;
    this.vmcb.setLow('rflags', flags);
  }

  /**
   * The #DB of the step: ends it.
   *
   * @param hasPoppedFlags The step was over an IRET that completed: RFLAGS is what it popped.
   * @returns Whether the #DB is also the guest's. DR6 then has the guest's causes only.
   */
  finish(hasPoppedFlags: boolean): boolean {
    if (hasPoppedFlags) this.isActive = false;
    else this.disarm();
    const dr6 = this.vmcb.low('dr6');
    const isGuestStep = (this.guestStepFlags & Rflags.Tf) !== 0;
    const own = isGuestStep ? 0 : Debug.Dr6Bs & ~this.guestDr6;
    this.vmcb.setLow('dr6', (dr6 & ~own) >>> 0);
    return isGuestStep || (dr6 & ~this.guestDr6 & OTHER_CAUSES) !== 0;
  }
}

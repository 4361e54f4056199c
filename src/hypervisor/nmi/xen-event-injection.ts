/**
 * Xen on a processor without Virtual NMI: EVENTINJ, with the IRET intercept as the NMI mask
 * (xen/arch/x86/hvm/svm: intr.c `svm_intr_assist`, `svm_inject_nmi`; svm.c `VMEXIT_IRET`).
 *
 * The IRET exit comes *before* IRET, so Xen unmasks one instruction early and covers that instruction with an
 * interrupt shadow. If the IRET faults, the shadow is gone with the fault while the NMI handler is still active, and
 * the next NMI nests. Xen's source says so; this model keeps it.
 */
import { injectNmi, isInjectionPending } from '../../svm/event-injection.js';
import { intercept, isIntercepted, removeIntercept } from '../../svm/intercepts.js';
import { isInShadow, setShadow } from '../../svm/interrupt-shadow.js';
import { NmiDelivery, type SavedDelivery } from './delivery.js';
import { closeInterruptWindow, openInterruptWindow } from './xen-interrupt-window.js';

const ONE_BIT = 'Xen has one pending bit (v->arch.nmi_pending), and it was set';

export class XenEventInjection extends NmiDelivery {
  /** `v->arch.nmi_pending`. */
  private isPending = false;

  override request(): void {
    if (this.isPending) this.host.merge(ONE_BIT);
    this.isPending = true;
  }

  /** `svm_intr_assist`. */
  override prepareEntry(): void {
    if (!this.isPending) return;
    if (isInjectionPending(this.vmcb) || isInShadow(this.vmcb) || this.isMasked()) {
      openInterruptWindow(this.vmcb);
      return;
    }
    this.isPending = false;
    injectNmi(this.vmcb);
    intercept(this.vmcb, 'iret');
  }

  /** `svm_vmexit_handler` copies EXITINTINFO to EVENTINJ. The IRET intercept is still set. */
  override redeliver(): void {
    injectNmi(this.vmcb);
  }

  /** Unmasks, and holds the next NMI back for the one instruction that is the IRET. */
  override handleIret(): void {
    removeIntercept(this.vmcb, 'iret');
    setShadow(this.vmcb, true);
  }

  override handleVintr(): void {
    closeInterruptWindow(this.vmcb);
  }

  override held(): number {
    return this.isPending ? 1 : 0;
  }

  override save(): SavedDelivery {
    return { isPending: this.isPending };
  }

  override restore({ isPending }: SavedDelivery): void {
    this.isPending = isPending === true;
  }

  override softwareMask(): boolean {
    return this.isMasked();
  }

  override isDue(): boolean {
    return this.isPending && !this.isMasked();
  }

  private isMasked(): boolean {
    return isIntercepted(this.vmcb, 'iret');
  }
}

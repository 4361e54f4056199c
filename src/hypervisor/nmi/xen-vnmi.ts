/**
 * Xen on a processor with Virtual NMI (Xen commit 86a203ab8d).
 *
 * Injecting is setting V_NMI; the processor masks, unmasks and waits by itself (APM vol 2 §15.21.10). Only behind an
 * interrupt shadow does Xen still open its V_IRQ window, although the processor would wait by itself there, too.
 */
import { injectNmi, isInjectionPending } from '../../svm/event-injection.js';
import { isInShadow } from '../../svm/interrupt-shadow.js';
import { enableVirtualNmi, isNmiMasked, isNmiPending, requestNmi } from '../../svm/vnmi.js';
import { NmiDelivery, type SavedDelivery } from './delivery.js';
import { closeInterruptWindow, openInterruptWindow } from './xen-interrupt-window.js';

const ONE_BIT = 'Xen has one pending bit (v->arch.nmi_pending), and it was set';
const V_NMI_SET = 'V_NMI is one bit, and it was still set';

export class XenVnmi extends NmiDelivery {
  /** `v->arch.nmi_pending`. */
  private isPending = false;

  override initialize(): void {
    enableVirtualNmi(this.vmcb);
  }

  override request(): void {
    if (this.isPending) this.host.merge(ONE_BIT);
    this.isPending = true;
  }

  /** `svm_intr_assist`: being in a handler does not block, the processor delays the NMI itself. */
  override prepareEntry(): void {
    if (!this.isPending) return;
    if (isInjectionPending(this.vmcb) || isInShadow(this.vmcb)) {
      openInterruptWindow(this.vmcb);
      return;
    }
    this.isPending = false;
    if (isNmiPending(this.vmcb)) this.host.merge(V_NMI_SET);
    requestNmi(this.vmcb);
  }

  /** EXITINTINFO goes to EVENTINJ; the processor sets V_NMI_MASK again on delivery. */
  override redeliver(): void {
    injectNmi(this.vmcb);
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

  override isDue(): boolean {
    return (this.isPending || isNmiPending(this.vmcb)) && !isNmiMasked(this.vmcb);
  }
}

/**
 * KVM on a processor with Virtual NMI (arch/x86/kvm/svm/svm.c, x86.c `process_nmi`, from commit f9d1b541).
 *
 * One NMI waits in V_NMI. Of two that arrive together the other goes through EVENTINJ, which sets V_NMI_MASK just as
 * well (APM vol 2 §15.21.10), so the first waits for its IRET. No IRET intercept, ever.
 */
import { injectNmi } from '../../svm/event-injection.js';
import { isInShadow } from '../../svm/interrupt-shadow.js';
import { enableVirtualNmi, isNmiMasked, isNmiPending, requestNmi } from '../../svm/vnmi.js';
import { KvmDelivery } from './kvm-delivery.js';

const V_NMI_SET = 'V_NMI is one bit: KVM keeps one NMI behind one that is being handled (process_nmi)';
const TWO_AT_ONCE = 'KVM keeps two NMIs that arrive together (process_nmi): one in EVENTINJ, one in V_NMI';

export class KvmVnmi extends KvmDelivery {
  override initialize(): void {
    super.initialize();
    enableVirtualNmi(this.vmcb);
  }

  /** `process_nmi` and `svm_set_vnmi_pending`. */
  override request(): void {
    const outstanding = isNmiMasked(this.vmcb) || this.isInjected ? 1 : 2;
    const limit = outstanding - (isNmiPending(this.vmcb) ? 1 : 0);
    if (this.pending < limit) this.pending++;
    else this.host.merge(outstanding === 1 ? V_NMI_SET : TWO_AT_ONCE);
    if (this.pending === 0 || isNmiPending(this.vmcb)) return;
    this.pending--;
    requestNmi(this.vmcb);
  }

  override isDue(): boolean {
    const isWaiting = this.pending > 0 || isNmiPending(this.vmcb);
    return this.isInjected || (isWaiting && !isNmiMasked(this.vmcb));
  }

  protected override injectPending(): void {
    if (!isNmiMasked(this.vmcb) && !isInShadow(this.vmcb)) {
      this.pending--;
      this.isInjected = true;
      injectNmi(this.vmcb);
    }
    // `svm_enable_nmi_window`: nothing is done while masked, the processor tracks IRET itself.
    if (this.pending > 0 && !isNmiMasked(this.vmcb)) this.step.arm();
  }
}

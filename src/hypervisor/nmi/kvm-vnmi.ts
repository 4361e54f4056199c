/**
 * KVM on a processor with Virtual NMI (arch/x86/kvm/svm/svm.c, x86.c `process_nmi`, from commit f9d1b541).
 *
 * One NMI waits in V_NMI. Of two that arrive together the other goes through EVENTINJ, which sets V_NMI_MASK just as
 * well (APM vol 2 §15.21.10), so the first waits for its IRET. No IRET intercept, ever.
 */
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
    const outstanding = this.isMasked() || this.isInjected ? 1 : 2;
    const limit = outstanding - (this.isVnmiPending() ? 1 : 0);
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

  /** `svm_is_vnmi_pending`. */
  protected isVnmiPending(): boolean {
    return isNmiPending(this.vmcb);
  }

  protected override isMasked(): boolean {
    return isNmiMasked(this.vmcb);
  }

  /** Nothing is done while masked: the processor tracks IRET itself. */
  protected override openNmiWindow(): void {
    if (!this.isMasked()) this.step.arm();
  }
}

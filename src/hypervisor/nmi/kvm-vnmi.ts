/**
 * KVM on a processor with Virtual NMI (arch/x86/kvm/svm/svm.c, x86.c `process_nmi`, from commit f9d1b541).
 *
 * One NMI waits in V_NMI. Of two that arrive together the other goes through EVENTINJ, which sets V_NMI_MASK just as
 * well (APM vol 2 §15.21.10), so the first waits for its IRET. No IRET intercept, ever.
 */
import { injectNmi, isInjectionPending } from '../../svm/event-injection.js';
import { intercept } from '../../svm/intercepts.js';
import { isInShadow } from '../../svm/interrupt-shadow.js';
import { enableVirtualNmi, isNmiMasked, isNmiPending, requestNmi } from '../../svm/vnmi.js';
import { type DeliveryHost, NmiDelivery } from './delivery.js';
import { KvmSingleStep } from './kvm-single-step.js';
import { isNmiInjected } from './nmi-in-hardware.js';

const V_NMI_SET = 'V_NMI is one bit: KVM keeps one NMI behind one that is being handled (process_nmi)';
const TWO_AT_ONCE = 'KVM keeps two NMIs that arrive together (process_nmi): one in EVENTINJ, one in V_NMI';

export class KvmVnmi extends NmiDelivery {
  /** `vcpu->arch.nmi_pending`: what V_NMI has no room for. */
  private pending = 0;
  /** `vcpu->arch.nmi_injected`. */
  private isInjected = false;
  private readonly step: KvmSingleStep;

  constructor(host: DeliveryHost) {
    super(host);
    this.step = new KvmSingleStep(host.vmcb);
  }

  /** KVM always intercepts #DB. */
  override initialize(): void {
    enableVirtualNmi(this.vmcb);
    intercept(this.vmcb, 'db');
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

  /** `kvm_check_and_inject_events`, then what `svm_vcpu_run` does about a step and an injection together. */
  override prepareEntry(): void {
    if (this.isInjected) injectNmi(this.vmcb);
    if (this.pending > 0) {
      if (isInjectionPending(this.vmcb)) this.host.exitAtOnce();
      else this.injectPending();
    }
    if (this.step.isActive && isInjectionPending(this.vmcb)) {
      this.step.disarm();
      this.host.exitAtOnce();
    }
  }

  override afterExit(): void {
    this.isInjected = false;
  }

  override redeliver(): void {
    this.isInjected = true;
  }

  override handleDebug(): boolean {
    if (!this.step.isActive) return true;
    this.step.finish();
    return false;
  }

  override isStepping(): boolean {
    return this.step.isActive;
  }

  override held(): number {
    return this.pending + (this.isInjected && !isNmiInjected(this.vmcb) ? 1 : 0);
  }

  override isDue(): boolean {
    const isWaiting = this.pending > 0 || isNmiPending(this.vmcb);
    return this.isInjected || (isWaiting && !isNmiMasked(this.vmcb));
  }

  override guestFlags(): number {
    return this.step.guestFlags();
  }

  private injectPending(): void {
    if (!isNmiMasked(this.vmcb) && !isInShadow(this.vmcb)) {
      this.pending--;
      this.isInjected = true;
      injectNmi(this.vmcb);
    }
    // `svm_enable_nmi_window`: nothing is done while masked, the processor tracks IRET itself.
    if (this.pending > 0 && !isNmiMasked(this.vmcb)) this.step.arm();
  }
}

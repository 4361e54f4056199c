/**
 * KVM on a processor without Virtual NMI: EVENTINJ, a mask in software, the IRET intercept, and a single step over
 * the IRET (arch/x86/kvm/svm/svm.c, x86.c `process_nmi` and `kvm_check_and_inject_events`).
 *
 * Unlike Xen, KVM waits until the IRET has retired: RIP is no longer that of the intercepted IRET.
 */
import { injectNmi, isInjectionPending } from '../../svm/event-injection.js';
import { intercept, removeIntercept } from '../../svm/intercepts.js';
import { isInShadow } from '../../svm/interrupt-shadow.js';
import { type DeliveryHost, NmiDelivery } from './delivery.js';
import { KvmSingleStep } from './kvm-single-step.js';
import { isNmiInjected } from './nmi-in-hardware.js';

const ONE_BEHIND = 'KVM keeps one NMI behind one that is being handled (process_nmi), and one was waiting';
const TWO_AT_ONCE = 'KVM keeps two NMIs that arrive together (process_nmi), and two were waiting';

export class KvmEventInjection extends NmiDelivery {
  /** `vcpu->arch.nmi_pending`. */
  private pending = 0;
  /** `vcpu->arch.nmi_injected`: in EVENTINJ, or to be put there again. */
  private isInjected = false;
  /** `svm->nmi_masked`. */
  private isMasked = false;
  /** `svm->awaiting_iret_completion` and `nmi_iret_rip`. */
  private awaitedIret: bigint | null = null;
  private readonly step: KvmSingleStep;

  constructor(host: DeliveryHost) {
    super(host);
    this.step = new KvmSingleStep(host.vmcb);
  }

  /** KVM always intercepts #DB. */
  override initialize(): void {
    intercept(this.vmcb, 'db');
  }

  /** `process_nmi`. */
  override request(): void {
    const limit = this.isMasked || this.isInjected ? 1 : 2;
    if (this.pending < limit) this.pending++;
    else this.host.merge(limit === 1 ? ONE_BEHIND : TWO_AT_ONCE);
  }

  /** `kvm_check_and_inject_events`, then what `svm_vcpu_run` does about a step and an injection together. */
  override prepareEntry(): void {
    if (this.isInjected) injectNmi(this.vmcb);
    if (this.pending > 0) {
      // -EBUSY: another event goes first, and KVM wants to look again as soon as it is delivered.
      if (isInjectionPending(this.vmcb)) this.host.exitAtOnce();
      else this.injectPending();
    }
    if (this.step.isActive && isInjectionPending(this.vmcb)) {
      // The flags that the event pushes must be the guest's.
      this.step.disarm();
      this.host.exitAtOnce();
    }
  }

  /** The NMI part of `svm_complete_interrupts`. */
  override afterExit(): void {
    this.isInjected = false;
    if (this.awaitedIret === null || this.awaitedIret === this.vmcb.get('rip')) return;
    this.awaitedIret = null;
    this.isMasked = false;
  }

  override redeliver(): void {
    this.isInjected = true;
  }

  /** `iret_interception`: the mask stays until the IRET has retired. */
  override handleIret(): void {
    removeIntercept(this.vmcb, 'iret');
    this.awaitedIret = this.vmcb.get('rip');
  }

  /** `db_interception`. */
  override handleDebug(): boolean {
    if (!this.step.isActive) return true;
    this.step.finish();
    return false;
  }

  override isStepping(): boolean {
    return this.step.isActive;
  }

  override held(): number {
    // An NMI to be injected again is with the hypervisor until prepareEntry puts it into EVENTINJ.
    return this.pending + (this.isInjected && !isNmiInjected(this.vmcb) ? 1 : 0);
  }

  override isDue(): boolean {
    return this.isInjected || (this.pending > 0 && !this.isMasked);
  }

  override guestFlags(): number {
    return this.step.guestFlags();
  }

  private injectPending(): void {
    if (!this.isMasked && !isInShadow(this.vmcb)) {
      this.pending--;
      this.isInjected = true;
      this.isMasked = true;
      injectNmi(this.vmcb);
      intercept(this.vmcb, 'iret');
    }
    if (this.pending > 0) this.openNmiWindow();
  }

  /** `svm_enable_nmi_window`. */
  private openNmiWindow(): void {
    // The IRET intercept will fire first.
    if (this.isMasked && this.awaitedIret === null) return;
    this.step.arm();
  }
}

/**
 * KVM on a processor without Virtual NMI: EVENTINJ, a mask in software, the IRET intercept, and a single step over
 * the IRET (arch/x86/kvm/svm/svm.c, x86.c `process_nmi` and `kvm_check_and_inject_events`).
 *
 * Unlike Xen, KVM waits until the IRET has retired: RIP is no longer that of the intercepted IRET.
 */
import { intercept, removeIntercept } from '../../svm/intercepts.js';
import type { SavedDelivery } from './delivery.js';
import { KvmDelivery } from './kvm-delivery.js';

const ONE_BEHIND = 'KVM keeps one NMI behind one that is being handled (process_nmi), and one was waiting';
const TWO_AT_ONCE = 'KVM keeps two NMIs that arrive together (process_nmi), and two were waiting';

export class KvmEventInjection extends KvmDelivery {
  /** `svm->nmi_masked`. */
  private nmiMasked = false;
  /** `svm->awaiting_iret_completion` and `nmi_iret_rip`. */
  private awaitedIret: bigint | null = null;

  /** `process_nmi`. */
  override request(): void {
    const limit = this.nmiMasked || this.isInjected ? 1 : 2;
    if (this.pending < limit) this.pending++;
    else this.host.merge(limit === 1 ? ONE_BEHIND : TWO_AT_ONCE);
  }

  /** The NMI part of `svm_complete_interrupts`. */
  override afterExit(): void {
    super.afterExit();
    if (this.awaitedIret === null || this.awaitedIret === this.vmcb.get('rip')) return;
    this.awaitedIret = null;
    this.nmiMasked = false;
  }

  /** `iret_interception`: the mask stays until the IRET has retired. */
  override handleIret(): void {
    removeIntercept(this.vmcb, 'iret');
    this.awaitedIret = this.vmcb.get('rip');
  }

  override softwareMask(): boolean {
    return this.nmiMasked;
  }

  override isDue(): boolean {
    return this.isInjected || (this.pending > 0 && !this.nmiMasked);
  }

  override save(): SavedDelivery {
    return { ...super.save(), isMasked: this.nmiMasked, awaitedIret: this.awaitedIret };
  }

  override restore(saved: SavedDelivery): void {
    super.restore(saved);
    const { isMasked, awaitedIret } = saved;
    this.nmiMasked = isMasked === true;
    this.awaitedIret = typeof awaitedIret === 'bigint' ? awaitedIret : null;
  }

  protected override isMasked(): boolean {
    return this.nmiMasked;
  }

  protected override inject(): void {
    super.inject();
    this.nmiMasked = true;
    intercept(this.vmcb, 'iret');
  }

  protected override openNmiWindow(): void {
    // The IRET intercept will fire first.
    if (this.nmiMasked && this.awaitedIret === null) return;
    this.step.arm();
  }
}

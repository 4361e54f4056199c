/**
 * What KVM does with NMIs on every AMD processor (arch/x86/kvm/svm/svm.c, x86.c `kvm_check_and_inject_events`): one
 * injection at a time, the rest pending, and a single step to find out when something that blocks is over.
 */
import { injectNmi, isInjectionPending } from '../../svm/event-injection.js';
import { intercept } from '../../svm/intercepts.js';
import { isInShadow } from '../../svm/interrupt-shadow.js';
import { type DeliveryHost, NmiDelivery, type SavedDelivery } from './delivery.js';
import { KvmSingleStep } from './kvm-single-step.js';
import { isNmiInjected } from './nmi-in-hardware.js';

export abstract class KvmDelivery extends NmiDelivery {
  /** `vcpu->arch.nmi_pending`. */
  protected pending = 0;
  /** `vcpu->arch.nmi_injected`: in EVENTINJ, or to be put there again. */
  protected isInjected = false;
  protected readonly step: KvmSingleStep;

  constructor(host: DeliveryHost) {
    super(host);
    this.step = new KvmSingleStep(host.vmcb);
  }

  /** `svm_get_nmi_mask`: the guest is in an NMI handler. */
  protected abstract isMasked(): boolean;

  /** `svm_enable_nmi_window`: arranges to look again when the NMIs that wait can be injected. */
  protected abstract openNmiWindow(): void;

  /** KVM always intercepts #DB. */
  override initialize(): void {
    intercept(this.vmcb, 'db');
  }

  /** `kvm_check_and_inject_events`, then what `svm_vcpu_run` does about a step and an injection together. */
  override prepareEntry(): void {
    if (this.isInjected) this.inject();
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

  /** `svm_nmi_blocked`. */
  protected isBlocked(): boolean {
    return this.isMasked() || isInShadow(this.vmcb);
  }

  /** `svm_inject_nmi`. */
  protected inject(): void {
    injectNmi(this.vmcb);
  }

  /** The NMI part of `kvm_check_and_inject_events`. */
  private injectPending(): void {
    if (!this.isBlocked()) {
      this.pending--;
      this.isInjected = true;
      this.inject();
    }
    if (this.pending > 0) this.openNmiWindow();
  }

  /** The NMI part of `svm_complete_interrupts`. */
  override afterExit(): void {
    this.isInjected = false;
  }

  override redeliver(): void {
    this.isInjected = true;
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

  override save(): SavedDelivery {
    return { pending: this.pending, isInjected: this.isInjected, ...this.step.save() };
  }

  override restore(saved: SavedDelivery): void {
    this.pending = Number(saved['pending']);
    this.isInjected = saved['isInjected'] === true;
    this.step.restore(saved);
  }

  override guestFlags(): number {
    return this.step.guestFlags();
  }
}

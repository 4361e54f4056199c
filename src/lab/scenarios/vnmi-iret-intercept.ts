/** Scenario: IRET stays intercepted although the processor tracks the mask itself. */
import { KvmVnmi } from '../../hypervisor/nmi/kvm-vnmi.js';
import { intercept, removeIntercept } from '../../svm/intercepts.js';
import type { Scenario } from './scenario.js';

class KvmVnmiInterceptsIret extends KvmVnmi {
  /** `svm_inject_nmi`, before it asked whether Virtual NMI is on. */
  protected override inject(): void {
    super.inject();
    intercept(this.vmcb, 'iret');
  }

  /** `iret_interception`. The mask that it ends is one that nobody looks at. */
  override handleIret(): void {
    removeIntercept(this.vmcb, 'iret');
  }
}

export const VNMI_IRET_INTERCEPT: Scenario = {
  name: 'vnmi-iret-intercept',
  title: 'IRET is still intercepted under Virtual NMI: a #VMEXIT for nothing',
  story:
    'Without Virtual NMI, KVM learns from the IRET intercept that a handler ends. With it the processor knows by itself, also of ' +
    'an NMI that came through EVENTINJ, as the second of two at once does. svm_inject_nmi set the intercept all the same: no harm ' +
    'to the guest, but the very #VMEXIT that Virtual NMI is there to save.',
  origin: 'KVM fa4c027a7956, fixed by 72046d0a077a (Sean Christopherson, 9 October 2023)',
  create: (host) => new KvmVnmiInterceptsIret(host),
  fix: 'kvm-vnmi',
  change: {
    bug: ['protected override inject(): void {', '  super.inject();', "  intercept(this.vmcb, 'iret');", '}'],
    fixFile: 'hypervisor/nmi/kvm-delivery.ts',
    fix: ['protected inject(): void {', '  injectNmi(this.vmcb);', '}'],
  },
  guest: 'nmi-storm',
  range: { from: 1000, to: 1004, pairs: true },
  invariant: 'exit-cost',
};

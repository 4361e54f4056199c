/** Scenario: an NMI is injected into an interrupt shadow. */
import { KvmEventInjection } from '../../hypervisor/nmi/kvm-event-injection.js';
import type { Scenario } from './scenario.js';

class KvmIgnoresShadow extends KvmEventInjection {
  /** `svm_nmi_blocked` without the shadow. */
  protected override isBlocked(): boolean {
    return this.isMasked();
  }
}

export const STI_SHADOW_IGNORED: Scenario = {
  name: 'sti-shadow-ignored',
  title: 'An NMI is injected between STI and the instruction after it',
  story:
    'STI holds interrupts back for one more instruction, and the processor holds virtual NMIs back with them. EVENTINJ asks nobody: ' +
    "it is the hypervisor that must wait if an exit shows it INTERRUPT_SHADOW. If it does not, the handler's IRET ends the shadow: " +
    'between STI and HLT of an idle loop an interrupt is taken before HLT, which then sleeps through the work it brought.',
  origin:
    `a class of bugs; on Intel KVM had it until "KVM: VMX: Disallow NMI while blocked by STI" (Avi Kivity), and Xen turns STI's ` +
    'blocking into that of MOV SS before it asks for an NMI window',
  create: (host) => new KvmIgnoresShadow(host),
  fix: 'kvm-event-injection',
  change: {
    bug: ['protected override isBlocked(): boolean {', '  return this.isMasked();', '}'],
    fixFile: 'hypervisor/nmi/kvm-delivery.ts',
    fix: ['protected isBlocked(): boolean {', '  return this.isMasked() || isInShadow(this.vmcb);', '}'],
  },
  guest: 'nmi-sti-shadow',
  range: { from: 638, to: 660, pairs: false },
  invariant: 'vmcb-consistency',
};

/** Scenario: an NMI whose delivery an exit cut short is not injected again. */
import { KvmVnmi } from '../../hypervisor/nmi/kvm-vnmi.js';
import type { Scenario } from './scenario.js';

class KvmVnmiForgetsExitIntInfo extends KvmVnmi {
  /** `svm_complete_interrupts` without its case for NMIs. */
  override redeliver(): void {}
}

export const EXITINTINFO_FORGOTTEN: Scenario = {
  name: 'exitintinfo-forgotten',
  title: 'EXITINTINFO is not looked at: an NMI that an exit cut short is lost',
  story:
    "An exit can strike while the processor delivers an NMI: it is enough that the handler's stack lies on a page that the nested " +
    'tables do not map. V_NMI is clear by then, and the exit clears V_NMI_MASK, too: the NMI exists in EXITINTINFO and nowhere ' +
    'else. A hypervisor that handles the page fault and resumes has lost it.',
  origin:
    'a class of bugs; KVM had it between its two levels until 36e2e98363e6 (Paolo Bonzini, 2020): events that were injected into ' +
    'a nested guest and cut short did not reach its hypervisor',
  create: (host) => new KvmVnmiForgetsExitIntInfo(host),
  fix: 'kvm-vnmi',
  change: {
    bug: ['override redeliver(): void {}'],
    fixFile: 'hypervisor/nmi/kvm-delivery.ts',
    fix: ['override redeliver(): void {', '  this.isInjected = true;', '}'],
  },
  guest: 'nmi-exit-during-delivery',
  range: { from: 639, to: 655, pairs: false },
  invariant: 'none-lost',
};

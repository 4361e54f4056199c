/** Scenario: the hypervisor asks the wrong bit whether a virtual NMI waits. */
import { KvmVnmi } from '../../hypervisor/nmi/kvm-vnmi.js';
import { isNmiMasked } from '../../svm/vnmi.js';
import type { Scenario } from './scenario.js';

class KvmVnmiWrongBit extends KvmVnmi {
  /** `svm_is_vnmi_pending`, as it came with Virtual NMI. */
  protected override isVnmiPending(): boolean {
    return isNmiMasked(this.vmcb);
  }
}

export const VNMI_WRONG_BIT: Scenario = {
  name: 'vnmi-wrong-bit',
  title: 'V_NMI_MASK tested instead of V_NMI: an NMI that comes while a handler runs is dropped',
  story:
    'KVM accepts another NMI unless one waits in V_NMI already. Its first support of Virtual NMI tested V_NMI_MASK instead, ' +
    'which is set for as long as a handler runs: every NMI of that time was dropped. Windows guests with many processors froze ' +
    'at boot on Zen 4, and the NMI tests of kvm-unit-tests failed.',
  origin: 'KVM fa4c027a7956, fixed by b2ce89978889 (Maciej S. Szmigiero, 19 May 2023)',
  create: (host) => new KvmVnmiWrongBit(host),
  fix: 'kvm-vnmi',
  change: {
    bug: ['protected override isVnmiPending(): boolean {', '  return isNmiMasked(this.vmcb);', '}'],
    fixFile: 'hypervisor/nmi/kvm-vnmi.ts',
    fix: ['protected isVnmiPending(): boolean {', '  return isNmiPending(this.vmcb);', '}'],
  },
  guest: 'nmi-storm',
  range: { from: 1000, to: 1004, pairs: true },
  invariant: 'merged-into-another',
};

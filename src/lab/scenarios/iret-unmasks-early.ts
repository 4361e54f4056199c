/** Scenario: the IRET intercept is taken for the end of the NMI handler. */
import { XenEventInjection } from '../../hypervisor/nmi/xen-event-injection.js';
import { removeIntercept } from '../../svm/intercepts.js';
import type { Scenario } from './scenario.js';

class XenWithoutShadow extends XenEventInjection {
  /** `VMEXIT_IRET` without its second line. */
  override handleIret(): void {
    removeIntercept(this.vmcb, 'iret');
  }
}

export const IRET_UNMASKS_EARLY: Scenario = {
  name: 'iret-unmasks-early',
  title: 'NMIs are unmasked at the exit of IRET, which comes before IRET: handlers nest',
  story:
    'AMD-V exits before the intercepted IRET, not after it: the guest is still in its handler, with the frame that it is about to ' +
    'pop. A hypervisor that takes this exit for the end of the handler injects the next NMI right there. On a stack of its own ' +
    '(IST) the new frame overwrites the old one, and the outer handler returns to itself, for ever.',
  origin:
    'a class of bugs, which each hypervisor on AMD has code against: Xen sets the interrupt shadow for the one instruction ' +
    '(VMEXIT_IRET), KVM waits until RIP has moved (nmi_iret_rip), bhyve steps over the IRET (FreeBSD review D2350)',
  create: (host) => new XenWithoutShadow(host),
  fix: 'xen-event-injection',
  change: {
    bug: ['override handleIret(): void {', "  removeIntercept(this.vmcb, 'iret');", '}'],
    fixFile: 'hypervisor/nmi/xen-event-injection.ts',
    fix: [
      'override handleIret(): void {',
      "  removeIntercept(this.vmcb, 'iret');",
      '  setShadow(this.vmcb, true);',
      '}',
    ],
  },
  guest: 'nmi-storm',
  range: { from: 1000, to: 1004, pairs: true },
  invariant: 'no-nesting',
};

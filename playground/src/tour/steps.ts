/** The five steps of the tour: which guest, under which delivery, to which moment, and what is to be seen there. */
import type { StrategyName } from 'vmexit';
import type { TourMoment } from '../machine/tour-moments.js';

export interface TourStep {
  readonly title: string;
  /** A shipped guest. */
  readonly example: string;
  readonly delivery: StrategyName;
  readonly moment: TourMoment;
  /** The inspector that shows most of it. */
  readonly tab: string;
  readonly text: readonly string[];
}

export const TOUR: readonly TourStep[] = [
  {
    title: 'An NMI by event injection',
    example: 'nmi-count-64',
    delivery: 'xen-event-injection',
    moment: 'nmi-delivered',
    tab: 'events',
    text: [
      'An NMI was requested while the guest counted. An interrupt, the kick, made the guest exit (60h). Xen wrote EVENTINJ, and VMRUN delivered the NMI before any other instruction: the handler’s first instruction is next.',
      'How will Xen know when the handler is done? It has set the IRET intercept, and takes that for the NMI mask: the gate is closed.',
    ],
  },
  {
    title: 'The IRET exit',
    example: 'nmi-count-64',
    delivery: 'xen-event-injection',
    moment: 'iret-exit',
    tab: 'vmcb',
    text: [
      'The handler came to its IRETQ, and the intercept made the guest exit (74h). IRETQ has not executed: RIP still points at it.',
      'Xen has cleared the intercept, which opens the mask, and has set the interrupt shadow, so that nothing is injected right at the IRET. One exit for every NMI: this is what event injection costs.',
    ],
  },
  {
    title: 'The faulting IRET',
    example: 'nmi-iret-fault',
    delivery: 'xen-event-injection',
    moment: 'nested',
    tab: 'events',
    text: [
      'This handler spoils its own frame, so that IRETQ faults. Xen saw the intercepted IRET and took the handler for finished; the fault handler’s hypercall then gave it an opportunity to inject the second NMI.',
      'So it is delivered inside of the first handler: two are active at once. A guest that puts NMIs on one IST stack loses its frame here.',
    ],
  },
  {
    title: 'The same under Virtual NMI',
    example: 'nmi-iret-fault',
    delivery: 'xen-vnmi',
    moment: 'masked-fault',
    tab: 'vmcb',
    text: [
      'The same IRETQ has faulted, and the fault’s handler is about to run. V_NMI_MASK is still set: only an IRET that completes clears it (APM volume 2, 15.21.10).',
      'The second NMI waits in V_NMI, in the processor. It will be taken after the repaired IRETQ: without nesting, and without an exit for IRET.',
    ],
  },
  {
    title: 'An exit during delivery',
    example: 'nmi-exit-during-delivery',
    delivery: 'kvm-vnmi',
    moment: 'exit-in-delivery',
    tab: 'vmcb',
    text: [
      'The processor was delivering an NMI when it found no page for the handler’s stack in the nested tables: #VMEXIT in the middle of the delivery. EXITINTINFO says what was cut short: an NMI, vector 2.',
      'The exit has cleared V_NMI_MASK, and V_NMI is not set again: the NMI would be lost. KVM takes it from EXITINTINFO and injects it with EVENTINJ at the next VMRUN.',
    ],
  },
];

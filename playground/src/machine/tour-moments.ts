/** The moments that the tour shows, as a machine is recognized in them. Looked at after each exit and each delivery. */
import { EventType, type Trap, type Vm } from 'vmexit';

export type TourMoment = 'nmi-delivered' | 'iret-exit' | 'nested' | 'masked-fault' | 'exit-in-delivery';

/** EXITINTINFO: valid, and the type of the event (APM vol 2 §15.7.2). */
const VALID = 1n << 31n;
const TYPE_SHIFT = 8n;
const TYPE = 7n;

/** The first NMI of nmi-count-64, at 3,000, finds its stack's page cold: an exit that is not the story here. */
const FIRST_NMI_OVER = 4_000;

export const TOUR_MOMENTS: Readonly<Record<TourMoment, (vm: Vm, trap: Trap) => boolean>> = {
  /** An NMI handler's first instruction is next. */
  'nmi-delivered': ({ nmiState, time }, { kind }) =>
    kind === 'delivery' && nmiState.handlerDepth === 1 && time > FIRST_NMI_OVER,
  /** The handler's IRET was intercepted. */
  'iret-exit': ({ time }, trap) => trap.kind === 'exit' && trap.exit === 'iret' && time > FIRST_NMI_OVER,
  /** A second handler is about to run inside of the first. */
  nested: ({ nmiState }, { kind }) => kind === 'delivery' && nmiState.handlerDepth === 2,
  /** A fault's handler is about to run inside of the NMI's, which keeps another NMI waiting. */
  'masked-fault': ({ nmiState }, { kind }) =>
    kind === 'delivery' && nmiState.isVirtualPending && nmiState.isVirtualMasked,
  /** An exit has cut the delivery of an NMI short. */
  'exit-in-delivery': ({ vmcb }, { kind }) => {
    const event = vmcb.get('exitIntInfo');
    const isNmi = ((event >> TYPE_SHIFT) & TYPE) === BigInt(EventType.Nmi);
    return kind === 'exit' && (event & VALID) !== 0n && isNmi;
  },
};

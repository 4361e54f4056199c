/**
 * The way of an NMI, as a picture's data: who holds it, which gates it has to pass and whose they are, what happened last.
 *
 * With Virtual NMI the gates are the processor's, between V_NMI and the handler (APM vol 2 §15.21.10). With event injection
 * they are the hypervisor's, before EVENTINJ, which VMRUN delivers whatever they say (§15.20).
 */
import type { NmiState, StrategyName, TraceEvent } from 'vmexit';

export type StationId = 'request' | 'hypervisor' | 'slot' | 'handler';

export interface Station {
  readonly id: StationId;
  readonly title: string;
  /** What it has, in a word or two. */
  readonly detail: string;
  readonly isActive: boolean;
}

export interface Gate {
  readonly name: string;
  readonly isOpen: boolean;
  readonly meaning: string;
}

/** The way to a station, from the one before it. */
export type Edge = 'to-hypervisor' | 'to-slot' | 'to-handler' | 'return' | 'bypass';

export interface NmiPicture {
  readonly stations: readonly Station[];
  readonly gates: readonly Gate[];
  /** The gates are on the way to this station. */
  readonly gatesBefore: 'slot' | 'handler';
  /** EVENTINJ beside V_NMI: KVM's second NMI, or one that an exit cut short. */
  readonly isBypassUsed: boolean;
  /** What happens at the handler's IRET. */
  readonly returnLabel: string;
  /** What moved at this moment. */
  readonly moved: ReadonlySet<Edge>;
  /** The situation in a sentence. */
  readonly summary: string;
}

/** @param events What happened at this very moment. */
export function nmiPicture(nmi: NmiState, delivery: StrategyName, events: readonly TraceEvent[]): NmiPicture {
  return {
    stations: stationsOf(nmi),
    gates: delivery === 'naive-event-injection' ? [] : gatesOf(nmi),
    gatesBefore: nmi.hasVirtualNmi ? 'handler' : 'slot',
    isBypassUsed: nmi.hasVirtualNmi && nmi.isInjected,
    returnLabel: returnLabel(nmi, delivery),
    moved: movedEdges(nmi, events),
    summary: summarizeNmi(nmi, delivery),
  };
}

function stationsOf(nmi: NmiState): Station[] {
  const { nextRequest, held, handlerDepth, hasVirtualNmi, isVirtualPending, isInjected } = nmi;
  const isInSlot = hasVirtualNmi ? isVirtualPending : isInjected;
  const hypervisor =
    held > 0 ? `holds ${held}` : nmi.isStepping ? 'single-steps' : nmi.isWindowOpen ? 'window' : 'idle';
  return [
    {
      id: 'request',
      title: 'Request',
      detail: nextRequest === null ? 'none to come' : `at ${nextRequest.toLocaleString('en-US')}`,
      isActive: false,
    },
    { id: 'hypervisor', title: 'Hypervisor', detail: hypervisor, isActive: hypervisor !== 'idle' },
    {
      id: 'slot',
      title: hasVirtualNmi ? 'V_NMI' : 'EVENTINJ',
      detail: isInSlot ? 'pending' : 'empty',
      isActive: isInSlot,
    },
    {
      id: 'handler',
      title: 'Handler',
      detail: handlerDepth === 0 ? 'not running' : handlerDepth === 1 ? 'running' : `${handlerDepth} nested`,
      isActive: handlerDepth > 0,
    },
  ];
}

function gatesOf(nmi: NmiState): Gate[] {
  const { hasVirtualNmi, isVirtualMasked, isMaskedBySoftware, isInShadow, isGifSet } = nmi;
  return [
    {
      name: 'GIF',
      isOpen: isGifSet,
      meaning: isGifSet ? 'GIF is 1' : 'GIF is 0: nothing from outside gets in',
    },
    {
      name: 'shadow',
      isOpen: !isInShadow,
      meaning: isInShadow ? 'an interrupt shadow covers the next instruction' : 'no interrupt shadow',
    },
    {
      name: 'mask',
      isOpen: hasVirtualNmi ? !isVirtualMasked : isMaskedBySoftware !== true,
      meaning: hasVirtualNmi
        ? `V_NMI_MASK is ${isVirtualMasked ? 1 : 0}`
        : `the hypervisor’s mask is ${isMaskedBySoftware === true ? 'set' : 'clear'}`,
    },
  ];
}

function returnLabel(nmi: NmiState, delivery: StrategyName): string {
  if (nmi.hasVirtualNmi) return 'IRET completes: no exit';
  if (delivery === 'naive-event-injection') return 'IRET: nobody looks';
  if (nmi.isStepping) return 'single step over IRET';
  return nmi.isIretIntercepted ? 'IRET exits (74h)' : 'IRET';
}

function movedEdges(nmi: NmiState, events: readonly TraceEvent[]): Set<Edge> {
  const moved = new Set<Edge>();
  for (const event of events) {
    if (event.kind === 'nmi-return') moved.add('return');
    if (event.kind === 'nmi-request') moved.add('to-hypervisor');
    if (event.kind === 'inject')
      moved.add(nmi.hasVirtualNmi && event.event !== 'V_NMI' ? 'bypass' : 'to-slot');
    if (event.kind === 'nmi-deliver') moved.add('to-handler');
    if (event.kind === 'exit' && event.exit === 'iret') moved.add('return');
  }
  return moved;
}

/** The first that is true says most. */
export function summarizeNmi(nmi: NmiState, delivery: StrategyName): string {
  const { hasVirtualNmi, isVirtualPending, isVirtualMasked, isInShadow, held, handlerDepth } = nmi;
  const isMasked = hasVirtualNmi ? isVirtualMasked : nmi.isMaskedBySoftware === true;
  if (nmi.isInjected)
    return 'EVENTINJ holds an NMI: the coming VMRUN delivers it before any instruction of the guest.';
  if (handlerDepth > 1)
    return `${handlerDepth} NMI handlers are active at once: this NMI got through while another was handled.`;
  if (isVirtualPending && isVirtualMasked)
    return 'V_NMI waits behind V_NMI_MASK. The processor takes it when the handler’s IRET completes, without an exit.';
  if (isVirtualPending && isInShadow)
    return 'V_NMI waits for the end of the interrupt shadow, one instruction.';
  if (isVirtualPending)
    return 'V_NMI is set and nothing is in its way: the guest takes it at the next boundary.';
  if (nmi.isStepping)
    return 'KVM single-steps the guest with TF: the #DB after the next instruction tells it that IRET has retired.';
  if (nmi.isWindowOpen)
    return 'Xen has opened a window: a dummy V_IRQ that exits (64h) when no shadow is left and IF is 1.';
  if (held > 0 && isMasked)
    return 'The hypervisor holds an NMI behind its mask. It learns that the handler is done when IRET exits (74h).';
  if (held > 0) return 'The hypervisor holds an NMI for the next entry.';
  if (isMasked && handlerDepth > 0)
    return hasVirtualNmi
      ? 'The handler runs. V_NMI_MASK keeps others out until its IRET completes.'
      : 'The handler runs. The hypervisor’s mask keeps others out; IRET will exit to tell that it is over.';
  if (isMasked)
    return hasVirtualNmi
      ? 'V_NMI_MASK is set, and no IRET has completed yet.'
      : 'NMIs are masked by the hypervisor.';
  if (handlerDepth > 0 && isInShadow)
    return 'The mask is open, and the handler’s IRET is next: an interrupt shadow keeps NMIs out until it is over.';
  if (handlerDepth > 0)
    return delivery === 'naive-event-injection'
      ? 'The handler runs, and nothing keeps another NMI out.'
      : 'The handler runs, and NMIs are not masked: another one would nest.';
  if (nmi.isAsleep) return 'The guest sleeps in HLT until an NMI wakes it.';
  return nmi.nextRequest === null ? 'No NMI is on its way, and none is scheduled.' : 'No NMI is on its way.';
}

/** Where a virtual machine's NMIs are at this moment: in the hypervisor, in the VMCB, in the processor, in the guest. */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { VirtualInterrupt } from '../../assembly/abi/vmcb-layout.js';
import { isVirtualGifSet } from '../svm/gif.js';
import { isCodeIntercepted } from '../svm/intercepts.js';
import { isInShadow } from '../svm/interrupt-shadow.js';
import type { Processor } from '../svm/processor.js';
import { isNmiInjected } from './nmi/nmi-in-hardware.js';
import type { Vcpu } from './vcpu.js';

/** Everything that decides when the next NMI gets to the guest's handler. */
export interface NmiState {
  /** The virtual machine's time of the next request that is still to come, or null. */
  readonly nextRequest: number | null;
  /** Requests that the hypervisor keeps, in neither EVENTINJ nor V_NMI. */
  readonly held: number;
  /** EVENTINJ holds an NMI for the coming VMRUN. */
  readonly isInjected: boolean;
  /** V_NMI_ENABLE: the processor masks and unmasks by itself. The next two are then in force. */
  readonly hasVirtualNmi: boolean;
  /** V_NMI: requested from the processor, which has not taken it yet. */
  readonly isVirtualPending: boolean;
  /** V_NMI_MASK: the processor takes no other until an IRET completes. */
  readonly isVirtualMasked: boolean;
  /** The hypervisor's own mask; null for a strategy that keeps none. */
  readonly isMaskedBySoftware: boolean | null;
  /** The next instruction is in an interrupt shadow. */
  readonly isInShadow: boolean;
  /** Events from outside may be recognized in the guest: GIF, or the virtual GIF. */
  readonly isGifSet: boolean;
  /** NMI handlers that run, as frames on the guest's stack show: more than one is nesting. */
  readonly handlerDepth: number;
  /** The IRET intercept is set. */
  readonly isIretIntercepted: boolean;
  /** The hypervisor has opened an interrupt window: a dummy V_IRQ that exits when the guest could take it. */
  readonly isWindowOpen: boolean;
  /** The hypervisor single-steps the guest to find out when it can inject. */
  readonly isStepping: boolean;
  /** The guest sleeps in HLT. */
  readonly isAsleep: boolean;
}

/** Reads the processor while the guest is entered, and the VMCB otherwise. */
export function readNmiState({ core, isGuestEntered }: Processor, vcpu: Vcpu): NmiState {
  const { vmcb, delivery, agenda } = vcpu;
  const { state } = core;
  const bits = isGuestEntered ? 0 : vmcb.low('virtualInterrupt');
  const isSet = (field: string, bit: VirtualInterrupt): boolean =>
    isGuestEntered ? state.get(field) !== 0 : (bits & bit) !== 0;
  const hasVirtualNmi = isSet('virtualNmiEnabled', VirtualInterrupt.NmiEnable);
  return {
    nextRequest: agenda.next(),
    held: delivery.held(),
    isInjected: !isGuestEntered && isNmiInjected(vmcb),
    hasVirtualNmi,
    isVirtualPending: hasVirtualNmi && isSet('virtualNmiPending', VirtualInterrupt.Nmi),
    isVirtualMasked: hasVirtualNmi && isSet('virtualNmiMask', VirtualInterrupt.NmiMask),
    isMaskedBySoftware: delivery.softwareMask(),
    isInShadow: isGuestEntered ? state.get('shadow') !== 0 : isInShadow(vmcb),
    isGifSet: isGuestEntered
      ? state.get('gif') !== 0 && (state.get('virtualGifEnabled') === 0 || state.get('virtualGif') !== 0)
      : isVirtualGifSet(vmcb),
    handlerDepth: state.get('nmiDepth'),
    isIretIntercepted: isCodeIntercepted(vmcb, ExitCode.Iret),
    isWindowOpen: isCodeIntercepted(vmcb, ExitCode.Vintr) && isSet('virtualIrqPending', VirtualInterrupt.Irq),
    isStepping: delivery.isStepping(),
    isAsleep: vcpu.haltedAt !== null,
  };
}

/** NMIs that the hypervisor has handed to the processor and that the VMCB still shows. */
import { EventField, VirtualInterrupt, VmcbOffset } from '../../../assembly/abi/vmcb-layout.js';
import { EventType } from '../../../assembly/abi/vector.js';
import type { Vmcb } from '../../svm/vmcb.js';

/** EVENTINJ holds an NMI for the coming VMRUN. */
export function isNmiInjected(vmcb: Vmcb): boolean {
  return isNmi(vmcb.word(VmcbOffset.EventInjection));
}

/** EXITINTINFO holds an NMI whose delivery the last exit cut short. */
export function isNmiInterrupted(vmcb: Vmcb): boolean {
  return isNmi(vmcb.word(VmcbOffset.ExitIntInfo));
}

/** V_NMI is set and means something. */
export function isVirtualNmiSet(vmcb: Vmcb): boolean {
  const both = VirtualInterrupt.Nmi | VirtualInterrupt.NmiEnable;
  return (vmcb.word(VmcbOffset.VirtualInterrupt) & both) === both;
}

function isNmi(event: number): boolean {
  return (
    (event & EventField.Valid) !== 0 &&
    ((event >>> EventField.TypeShift) & EventField.TypeMask) === EventType.Nmi
  );
}

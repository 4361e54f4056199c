/** Looks at the VMCB at every exit and entry, for what cannot be true at once (APM vol 2 §15.20, §15.21.5, §15.21.10). */
import type { TraceEvent } from '../../hypervisor/trace.js';
import type { Vm } from '../../hypervisor/vm.js';
import { EventType, Vector } from '../../../assembly/abi/vector.js';
import { isInShadow } from '../../svm/interrupt-shadow.js';
import { interruptedEvent, isInjectionPending } from '../../svm/event-injection.js';
import { isIntercepted } from '../../svm/intercepts.js';
import type { ReadonlyVmcb } from '../../svm/vmcb.js';
import { V_NMI, V_NMI_ENABLE, V_NMI_MASK } from '../../svm/vnmi.js';

/** Exits that happen at a boundary, and so never inside of an interrupt shadow. */
const BOUNDARY_EXITS: ReadonlySet<string> = new Set(['intr', 'nmi', 'vintr']);
/** Exits of an instruction: it had its turn although an NMI could have been taken before it. */
const INSTRUCTION_EXITS: ReadonlySet<string> = new Set(['hlt', 'ioio', 'vmmcall', 'cpuid', 'msr', 'iret']);

/** What is wrong with the VMCB at this event; null if nothing is. */
export function checkVmcb(event: TraceEvent, vm: Pick<Vm, 'vmcb'>): string | null {
  if (event.kind === 'exit') return checkExit(event.exit, vm.vmcb);
  return event.kind === 'inject' ? checkEntry(event.event, vm.vmcb) : null;
}

function checkExit(exit: string, vmcb: ReadonlyVmcb): string | null {
  const virtual = vmcb.get('virtualInterrupt');
  const isVirtual = (virtual & V_NMI_ENABLE) !== 0n;
  const isMasked = (virtual & V_NMI_MASK) !== 0n;
  const isShadowed = isInShadow(vmcb);
  const interrupted = interruptedEvent(vmcb);
  if (exit === 'invalid') return 'VMRUN refused the VMCB';
  if (isInjectionPending(vmcb)) return `EVENTINJ is still valid after the ${exit} exit`;
  if (isVirtual && !isIntercepted(vmcb, 'nmi')) return 'V_NMI_ENABLE is set without the NMI intercept';
  if (interrupted?.type === EventType.Nmi) {
    if (interrupted.vector !== Vector.Nmi) return `EXITINTINFO has an NMI with vector ${interrupted.vector}`;
    if (isVirtual && isMasked) return 'the exit cut an NMI off, and V_NMI_MASK is set';
  }
  if (isShadowed && BOUNDARY_EXITS.has(exit)) return `the ${exit} exit came inside of an interrupt shadow`;
  const isTakeable = isVirtual && (virtual & V_NMI) !== 0n && !isMasked && !isShadowed;
  if (isTakeable && interrupted === null && INSTRUCTION_EXITS.has(exit))
    return `V_NMI was set and nothing held it, but the instruction of the ${exit} exit came first`;
  return null;
}

function checkEntry(event: string, vmcb: ReadonlyVmcb): string | null {
  const isNmi = event.startsWith('EVENTINJ Nmi');
  return isNmi && isInShadow(vmcb) ? 'an NMI was injected into an interrupt shadow' : null;
}

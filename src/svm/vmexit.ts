/** #VMEXIT: out of the guest (APM vol 2 §15.6), and VMRUN's refusal to enter it. */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { VmcbOffset } from '../../assembly/abi/vmcb-layout.js';
import type { Core } from '../core/core.js';
import { EVENT_INJECTION_AFTER_EXIT, INFORMATION_OF_INVALID } from './rulings.js';
import type { Vmcb } from './vmcb.js';
import { unmaskAfterCutDelivery } from './vnmi.js';

/**
 * Writes the guest and the exit that the core has recorded into the VMCB, clears GIF and reloads the host.
 *
 * @param isInjecting The exit hit before the delivery of EVENTINJ was complete.
 */
export function leaveGuest(core: Core, vmcb: Vmcb, isInjecting: boolean): void {
  core.exports.storeGuest(vmcb.physical);
  unmaskAfterCutDelivery(vmcb, isInjecting);
}

/** VMEXIT_INVALID: the exit's own fields are written and nothing else; GIF is zero as after any exit. */
export function refuseGuest(core: Core, vmcb: Vmcb): void {
  writeField(vmcb, VmcbOffset.ExitCode, ExitCode.Invalid);
  writeField(vmcb, VmcbOffset.ExitInfo1, INFORMATION_OF_INVALID);
  writeField(vmcb, VmcbOffset.ExitInfo2, INFORMATION_OF_INVALID);
  writeField(vmcb, VmcbOffset.ExitIntInfo, INFORMATION_OF_INVALID);
  writeField(vmcb, VmcbOffset.EventInjection, EVENT_INJECTION_AFTER_EXIT);
  core.state.set('gif', 0);
}

/** Writes a small number to a 64-bit field, sign-extended. */
function writeField(vmcb: Vmcb, offset: number, value: number): void {
  vmcb.setWord(offset, value);
  vmcb.setWord(offset + 4, value < 0 ? -1 : 0);
}

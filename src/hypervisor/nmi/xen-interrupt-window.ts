/**
 * Xen's interrupt window: a dummy virtual interrupt that exits as soon as the guest could take a real one
 * (svm/intr.c `svm_enable_intr_window`, svm.c `VMEXIT_VINTR`).
 *
 * V_IRQ obeys RFLAGS.IF and an NMI does not, so an NMI behind a shadow waits for the guest to enable interrupts.
 * Xen's source has a TODO about it.
 */
import { intercept, isIntercepted, removeIntercept } from '../../svm/intercepts.js';
import { cancelInterrupt, requestInterrupt } from '../../svm/vintr.js';
import type { Vmcb } from '../../svm/vmcb.js';

/** Opens the window, unless the IRET intercept will tell when the NMI can be injected. */
export function openInterruptWindow(vmcb: Vmcb): void {
  // With the IRET intercept set, a window would exit at once, and again, without the guest getting on.
  if (isIntercepted(vmcb, 'iret')) return;
  // The dummy's vector is 0; the priority is that of vector 2.
  requestInterrupt(vmcb, { vector: 0, priority: 0, ignoresTpr: true });
  intercept(vmcb, 'vintr');
}

/** #VMEXIT(VINTR): takes the dummy back. The next VMRUN decides anew. */
export function closeInterruptWindow(vmcb: Vmcb): void {
  cancelInterrupt(vmcb);
  removeIntercept(vmcb, 'vintr');
}

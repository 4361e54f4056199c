/**
 * SVM instructions as instructions: gating, intercepts, and what they do where no hypervisor stands in between
 * (APM vol 2 §15.4, §15.5.2, §15.17, APM vol 3; order: §15.9 Table 15-7).
 */
import { ExitCode } from '../abi/exit-code';
import { PHYSICAL_ADDRESS_BITS } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { VMCB_BYTES } from '../abi/vmcb-layout';
import { invalidateCode } from '../code-cache';
import { pageHoldsCode } from '../code-lines';
import { exitInstruction, isAborted, isIntercepted, raiseGp, raiseUd, unimplemented } from '../fault';
import { cpu } from '../state';
import { UopRecord } from '../uop-record';
import { loadHiddenState, storeHiddenState } from '../world-switch';
import { leave, reachInterruptState } from './completion';
import { isSvmAllowed } from './svm-gate';

/** Address sizes, as log2 of the bytes. */
const ADDRESS_16: u32 = 1;
const ADDRESS_32: u32 = 2;

/** rAX at the address size: the physical address of a VMCB. */
function vmcbAddress(uop: UopRecord): u64 {
  const size = (<u32>(uop.imm >> 16)) & 3;
  const address = cpu().rax;
  if (size == ADDRESS_16) return address & 0xffff;
  return size == ADDRESS_32 ? address & 0xffffffff : address;
}

/** Privilege and operand of VMRUN, VMLOAD and VMSAVE; every exception comes before the intercept. */
function checkVmcbInstruction(uop: UopRecord): void {
  if (!isSvmAllowed()) return;
  const address = vmcbAddress(uop);
  if ((address & (VMCB_BYTES - 1)) != 0 || address >> PHYSICAL_ADDRESS_BITS != 0) raiseGp();
}

/** A guest's VMRUN is always intercepted (§15.5.1). A hypervisor that runs as code on this processor is not supported yet. */
export function vmrun(uop: UopRecord): Flow {
  checkVmcbInstruction(uop);
  if (isAborted()) return Flow.Abort;
  if (isIntercepted(ExitCode.Vmrun)) return exitInstruction(ExitCode.Vmrun);
  return unimplemented();
}

/** Nothing but an exit: #UD if no hypervisor wants it. The intercept beats every exception, at any CPL. */
export function vmmcall(uop: UopRecord): Flow {
  if (isIntercepted(ExitCode.Vmmcall)) return exitInstruction(ExitCode.Vmmcall);
  return raiseUd();
}

/** Whether there is memory for the whole VMCB. */
function isInMemory(vmcb: u64): bool {
  return vmcb + VMCB_BYTES <= <u64>cpu().memoryBytes;
}

/**
 * rAX is a system-physical address, in a guest too: VMLOAD is not virtualized (§15.33.1). A VMCB outside of memory,
 * where silicon reads what the bus gives, stops.
 */
export function vmload(uop: UopRecord): Flow {
  checkVmcbInstruction(uop);
  if (isAborted()) return Flow.Abort;
  if (isIntercepted(ExitCode.Vmload)) return exitInstruction(ExitCode.Vmload);
  const vmcb = vmcbAddress(uop);
  if (!isInMemory(vmcb)) return unimplemented();
  loadHiddenState(<u32>vmcb);
  return leave();
}

/** As VMLOAD. Outside of memory the stores go nowhere. */
export function vmsave(uop: UopRecord): Flow {
  checkVmcbInstruction(uop);
  if (isAborted()) return Flow.Abort;
  if (isIntercepted(ExitCode.Vmsave)) return exitInstruction(ExitCode.Vmsave);
  const vmcb = vmcbAddress(uop);
  if (isInMemory(vmcb)) {
    storeHiddenState(<u32>vmcb);
    if (pageHoldsCode(<u32>vmcb)) invalidateCode(<u32>vmcb, VMCB_BYTES);
  }
  return leave();
}

/** In a guest with virtual GIF that, else the processor's own GIF (§15.17, §15.33.2). */
function setGif(value: u32): Flow {
  const state = cpu();
  if (state.inGuest != 0 && state.virtualGifEnabled != 0) state.virtualGif = value;
  else state.gif = value;
  reachInterruptState();
  return leave();
}

/** This processor has no SKINIT feature, so that STGI needs EFER.SVME as CLGI does. */
export function stgi(uop: UopRecord): Flow {
  if (!isSvmAllowed()) return Flow.Abort;
  if (isIntercepted(ExitCode.Stgi)) return exitInstruction(ExitCode.Stgi);
  return setGif(1);
}

export function clgi(uop: UopRecord): Flow {
  if (!isSvmAllowed()) return Flow.Abort;
  if (isIntercepted(ExitCode.Clgi)) return exitInstruction(ExitCode.Clgi);
  return setGif(0);
}

/** Secure loading is not implemented. */
export function skinit(uop: UopRecord): Flow {
  if (!isSvmAllowed()) return Flow.Abort;
  if (isIntercepted(ExitCode.Skinit)) return exitInstruction(ExitCode.Skinit);
  return unimplemented();
}

/** There is no system management mode here, and outside of it RSM is #UD. The intercept comes first. */
export function rsm(uop: UopRecord): Flow {
  if (isIntercepted(ExitCode.Rsm)) return exitInstruction(ExitCode.Rsm);
  return raiseUd();
}

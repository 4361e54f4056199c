/** What every SVM instruction demands before it is intercepted or executed (APM vol 2 §15.4, APM vol 3). */
import { Efer } from '../abi/processor-bits';
import { isAborted, raiseGp, raiseUd } from '../fault';
import { cpu, isRealMode, isV86 } from '../state';

/** EFER.SVME, protected mode, CPL 0. Records #UD or #GP(0) if one is missing. */
export function isSvmAllowed(): bool {
  const state = cpu();
  if ((state.efer & Efer.Svme) == 0 || isRealMode() || isV86()) raiseUd();
  else if (state.cpl != 0) raiseGp();
  return !isAborted();
}

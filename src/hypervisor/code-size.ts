/** The size of code that a guest executes, as its CS and EFER say (APM vol 2 §4.7, §4.8). */
import { Efer, SegAttr } from '../../assembly/abi/processor-bits.js';
import type { Vmcb } from '../svm/vmcb.js';

export type CodeBits = 16 | 32 | 64;

/** @param state A VMCB, or a picture of its state save area. */
export function codeBitsOf(state: Vmcb): CodeBits {
  const attributes = state.get('csAttributes');
  if ((state.low('efer') & Efer.Lma) !== 0 && (attributes & SegAttr.L) !== 0) return 64;
  return (attributes & SegAttr.Db) !== 0 ? 32 : 16;
}

/** Flags that nothing sees, though decoding could not tell: compiled code knows what cannot fault (src/decode/dead-flags.ts). */
import { Uop } from '../../assembly/abi/uop.js';
import { Width } from '../../assembly/abi/width.js';
import type { UopFields } from './region.js';

/**
 * Whether nothing can see the status flags that the micro-op before `index` writes: the next that touches flags, in the same
 * block and before anything that can fault, overwrites all of them.
 */
export function areFlagsDead(uops: readonly UopFields[], index: number): boolean {
  for (let i = index; i < uops.length; i++) {
    const uop = uops[i]!;
    if (overwritesFlags(uop)) return true;
    if (!isInvisible(uop.code)) return false;
  }
  return false;
}

function overwritesFlags({ code, n }: UopFields): boolean {
  const isChain = code >= Uop.AdcRR8 && code <= Uop.SbbRI64;
  if (code >= Uop.AddRR8 && code <= Uop.TestRI64) return !isChain;
  // A count of zero changes no flag.
  if (isShiftByConstant(code)) return (n & 31) !== 0;
  return code >= Uop.Neg8 && code <= Uop.Neg64;
}

function isShiftByConstant(code: number): boolean {
  return [Uop.ShlRI8, Uop.ShrRI8, Uop.SarRI8].some((first) => code >= first && code <= first + Width.Qword);
}

/** Neither touches flags nor can fault. */
function isInvisible(code: number): boolean {
  const isMove = code <= Uop.Xchg64 || (code >= Uop.Lea16 && code <= Uop.Lea64);
  const isQuiet = code >= Uop.AddQuietRR32 && code <= Uop.XorQuietRI64;
  const isQuietShift = code >= Uop.RolQuietRI32 && code <= Uop.SarQuietRI64;
  const isNot = code >= Uop.Not8 && code <= Uop.Not64;
  const isMultiplication = code >= Uop.Imul2RR16 && code <= Uop.Imul3RI64;
  const isVector = code === Uop.Vector || (code >= Uop.MovToVector32 && code <= Uop.MovFromVector64);
  return isVector || isMove || isQuiet || isQuietShift || isNot || isMultiplication;
}

/** Operations on the lanes of floating-point vectors, for single and double precision. */
import { FloatOp } from '../../assembly/abi/float-op.js';
import type { CodeWriter } from './code-writer.js';
import { Simd } from './simd-opcodes.js';

/** Of c and b, in this order: b if it is less, or greater, else c. */
export const EXTREMES: Partial<Record<FloatOp, readonly [single: Simd, double: Simd]>> = {
  [FloatOp.Min]: [Simd.F32x4PMin, Simd.F64x2PMin],
  [FloatOp.Max]: [Simd.F32x4PMax, Simd.F64x2PMax],
};

/** Comparisons by bits 2:0 of the predicate, of operands that are no NaNs; undefined: never or always (APM vol 4, CMPPS). */
const COMPARISONS: readonly (readonly [single: Simd, double: Simd] | undefined)[] = [
  [Simd.F32x4Eq, Simd.F64x2Eq],
  [Simd.F32x4Lt, Simd.F64x2Lt],
  [Simd.F32x4Le, Simd.F64x2Le],
  undefined,
  [Simd.F32x4Ne, Simd.F64x2Ne],
  [Simd.F32x4Ge, Simd.F64x2Ge],
  [Simd.F32x4Gt, Simd.F64x2Gt],
  undefined,
];
const NEGATED = 4;

/** Pushes all ones in lanes where the predicate holds of x and y, which have no NaNs. */
export function compareLanes(
  code: CodeWriter,
  isDouble: boolean,
  predicate: number,
  x: () => void,
  y: () => void,
): void {
  const comparison = COMPARISONS[predicate & 7];
  if (comparison === undefined) {
    const ones = (predicate & NEGATED) !== 0 ? -1 : 0;
    return code.splat64(ones, ones);
  }
  x();
  y();
  code.simd(comparison[isDouble ? 1 : 0]);
}

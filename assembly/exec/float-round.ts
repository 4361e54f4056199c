/** Lanes of ROUNDPS and its like (APM vol 4). */
import { FloatException, roundingMode, setRoundingMode } from '../softfloat/environment';
import { roundToIntegral } from '../softfloat/integral';
import { isNan, operandA } from '../softfloat/number';
import { beginLane, endLane, withdraw } from './float-environment';
import { pack, propagateNan, unpackOperand } from './float-operand';

/** imm8: the rounding mode is in bits 1:0, but with this bit it is that of MXCSR. */
export const FROM_MXCSR: u32 = 4;
export const SUPPRESS_PRECISION: u32 = 8;

/** A denormal operand signals nothing. */
export function roundLane<T extends number>(immediate: u32, bits: T): T {
  const x = operandA();
  unpackOperand<T>(bits, x);
  if (isNan(x)) return propagateNan<T>(x, x);
  const mode = roundingMode();
  if ((immediate & FROM_MXCSR) == 0) setRoundingMode(immediate & 3);
  beginLane();
  roundToIntegral(x);
  endLane(0);
  setRoundingMode(mode);
  if ((immediate & SUPPRESS_PRECISION) != 0) withdraw(FloatException.Precision);
  return pack<T>(x);
}

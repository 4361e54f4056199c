/** Lanes of ADD SUB MUL DIV SQRT MIN MAX, single and double precision (APM vol 4). */
import { FloatOp } from '../abi/float-op';
import { add, subtract } from '../softfloat/add';
import { compare } from '../softfloat/compare';
import { divide } from '../softfloat/divide';
import { FloatException } from '../softfloat/environment';
import { multiply } from '../softfloat/multiply';
import { FloatNumber, isNan, Kind, operandA, operandB, result } from '../softfloat/number';
import { squareRoot } from '../softfloat/square-root';
import { beginLane, endLane, signalLane } from './float-environment';
import { pack, propagateNan, roundAndPack, unpackOperand } from './float-operand';

/** One of the five operations that round. SQRT takes its operand twice. */
export function arithmeticLane<T extends number>(op: FloatOp, a: T, b: T): T {
  const x = operandA();
  const y = operandB();
  unpackOperand<T>(a, x);
  unpackOperand<T>(b, y);
  if (isNan(x) || isNan(y)) return propagateNan<T>(x, y);
  beginLane();
  calculate(op, x, y, result());
  const bits = roundAndPack<T>(result());
  endLane(x.isDenormal | y.isDenormal);
  return bits;
}

function calculate(op: FloatOp, x: FloatNumber, y: FloatNumber, to: FloatNumber): void {
  switch (op) {
    case FloatOp.Add:
      return add(x, y, to);
    case FloatOp.Sub:
      return subtract(x, y, to);
    case FloatOp.Mul:
      return multiply(x, y, to);
    case FloatOp.Div:
      return divide(x, y, to);
    default:
      return squareRoot(x, to);
  }
}

/** MIN, MAX: the second operand if one is a NaN or both are zeros. */
export function extremeLane<T extends number>(op: FloatOp, a: T, b: T): T {
  const x = operandA();
  const y = operandB();
  unpackOperand<T>(a, x);
  unpackOperand<T>(b, y);
  if (isNan(x) || isNan(y)) {
    signalLane(FloatException.Invalid);
    return asRead<T>(b, y);
  }
  if ((x.isDenormal | y.isDenormal) != 0) signalLane(FloatException.Denormal);
  const order = compare(x, y);
  const isFirst = op == FloatOp.Min ? order < 0 : order > 0;
  return isFirst ? asRead<T>(a, x) : asRead<T>(b, y);
}

/** The operand, but for a denormal one that MXCSR.DAZ has made zero. */
function asRead<T extends number>(bits: T, x: FloatNumber): T {
  return x.kind == Kind.Zero ? pack<T>(x) : bits;
}

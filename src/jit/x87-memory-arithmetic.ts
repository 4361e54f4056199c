/** FADD, FCOM and their like with an operand in memory, in compiled code. */
import type { Width } from '../../assembly/abi/width.js';
import type { X87Arithmetic } from '../../assembly/abi/x87-op.js';
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op, Type } from './wasm-opcodes.js';
import { calculate, isComparison, pushNumber, pushOrder } from './x87-arithmetic.js';
import { double, type Float } from './x87-float.js';
import { widenInteger } from './x87-inline-convert.js';
import { expand, isNormal, loadSigned } from './x87-load.js';
import { loadOperand } from './x87-memory-operand.js';
import type { NumberLocals } from './x87-registers.js';

/** An operand that has been loaded; `isNormal` and `widenInteger` do not use these. */
const OPERAND: NumberLocals = { significand: Local.Wide1, upper: Local.X87OperandUpper };

/** FADD and its like with m32 and m64. What is not a normal number, the core takes as it is. */
export function withFloat(emitter: Emitter, uop: UopFields, float: Float): void {
  const { code, x87 } = emitter;
  const operation: X87Arithmetic = uop.a;
  loadOperand(emitter, uop, float.width);
  code.set(Local.Wide0);
  const top = x87.number(0);
  code.get(Local.Wide0);
  isNormal(emitter, float);
  emitter.open(Op.If, isComparison(operation) ? Type.I32 : Type.Empty);
  expand(emitter, float);
  code.set(OPERAND.upper);
  code.set(OPERAND.significand);
  if (isComparison(operation)) pushOrder(emitter, OPERAND, false);
  else calculate(emitter, operation, top, OPERAND, 0);
  emitter.else();
  withUnusual(emitter, operation, top, float);
  emitter.close();
  if (isComparison(operation)) x87.status.assignCodes();
}

/** ST(0) and C1 ← as after the other path; or pushes the condition codes. */
function withUnusual(emitter: Emitter, operation: X87Arithmetic, top: NumberLocals, float: Float): void {
  const { code, x87 } = emitter;
  if (!isComparison(operation)) code.i32(operation);
  pushNumber(emitter, top);
  code.get(Local.Wide0);
  if (isComparison(operation)) {
    x87.call(float === double ? X87Import.CompareFloat64 : X87Import.CompareFloat32);
    return;
  }
  x87.call(float === double ? X87Import.ArithmeticFloat64 : X87Import.ArithmeticFloat32);
  x87.assignResult(0);
  x87.status.pushC1();
  code.set(Local.X87Up);
}

/** FIADD and its like. */
export function withInteger(emitter: Emitter, uop: UopFields, width: Width): void {
  const { code, x87 } = emitter;
  const operation: X87Arithmetic = uop.a;
  loadSigned(emitter, uop, width);
  widenInteger(emitter);
  code.set(OPERAND.significand);
  code.set(OPERAND.upper);
  const top = x87.number(0);
  if (isComparison(operation)) {
    pushOrder(emitter, OPERAND, false);
    x87.status.assignCodes();
  } else {
    calculate(emitter, operation, top, OPERAND, 0);
  }
}

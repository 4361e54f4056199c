/** x87 arithmetic and comparisons in compiled code: inline where that is worth it, else by core functions that take numbers. */
import { X87Arithmetic } from '../../assembly/abi/x87-op.js';
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { addInline, multiplyInline } from './x87-inline.js';
import { orderInline } from './x87-inline-convert.js';
import type { NumberLocals } from './x87-registers.js';

export function isComparison(operation: X87Arithmetic): boolean {
  return operation === X87Arithmetic.Compare || operation === X87Arithmetic.ComparePop;
}

/** ST(to) ← a op b */
export function calculate(
  emitter: Emitter,
  operation: X87Arithmetic,
  a: NumberLocals,
  b: NumberLocals,
  to: number,
): void {
  const upper = emitter.x87.upperOf(to);
  switch (operation) {
    case X87Arithmetic.Multiply:
      multiplyInline(emitter, a, b, upper);
      break;
    case X87Arithmetic.Add:
      addInline(emitter, a, b, upper, false);
      break;
    case X87Arithmetic.Subtract:
      addInline(emitter, a, b, upper, true);
      break;
    case X87Arithmetic.SubtractReversed:
      addInline(emitter, b, a, upper, true);
      break;
    case X87Arithmetic.Divide:
      return divide(emitter, a, b, to);
    default:
      return divide(emitter, b, a, to);
  }
  emitter.x87.assignSignificand(to);
  emitter.x87.status.takeC1FromLocal();
}

export function pushNumber({ code }: Emitter, { significand, upper }: NumberLocals): void {
  code.get(significand);
  code.get(upper);
}

function divide(emitter: Emitter, a: NumberLocals, b: NumberLocals, to: number): void {
  const { x87 } = emitter;
  pushNumber(emitter, a);
  pushNumber(emitter, b);
  x87.call(X87Import.Divide);
  x87.assignResult(to);
  x87.status.takeC1FromState();
}

/** Pushes C3, C2 and C0 of ST(0) against b. */
export function pushOrder(emitter: Emitter, b: NumberLocals, isQuiet: boolean): void {
  const { code, x87 } = emitter;
  const a = x87.number(0);
  orderInline(emitter, a, b, () => {
    pushNumber(emitter, a);
    pushNumber(emitter, b);
    code.i32(isQuiet ? 1 : 0);
    x87.call(X87Import.Compare);
  });
}

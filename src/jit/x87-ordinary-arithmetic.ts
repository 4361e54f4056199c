/**
 * Products, quotients and roots of ordinary x87 numbers in a stretch that may be undone: 64 bits, to nearest, no look at what
 * cannot happen. PE is set already, so nobody asks what was rounded off. It gives up where rounding carries into the exponent.
 */
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Op } from './wasm-opcodes.js';
import { SIGN_BIT } from './x87-number.js';
import { HIGH, LOW, type OrdinaryNumber, type OrdinaryNumbers87, renewZero } from './x87-ordinary-numbers.js';
import { round, within } from './x87-ordinary-round.js';
import { product } from './x87-product.js';

const BIAS = 0x3fff;

/** Returns a * b. */
export function multiply(
  emitter: Emitter,
  numbers: OrdinaryNumbers87,
  a: OrdinaryNumber,
  b: OrdinaryNumber,
): OrdinaryNumber {
  const { code } = emitter;
  const exponents = { least: a.least + b.least - BIAS, most: a.most + b.most - BIAS + 1 };
  const to = numbers.fresh(exponents, a.products + b.products + 1);
  product(emitter, a.significand, b.significand);
  code.get(a.exponent);
  code.get(b.exponent);
  code.op(Op.I32Add);
  code.i32(BIAS);
  code.op(Op.I32Sub);
  code.get(HIGH);
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrU);
  code.op(Op.I32WrapI64);
  code.op(Op.I32Add);
  code.set(to.exponent);
  code.get(a.sign);
  code.get(b.sign);
  code.op(Op.I64Xor);
  code.set(to.sign);
  doubleUnlessNormal(emitter);
  round(emitter, numbers, to);
  return renewZero(emitter, within(emitter, to));
}

/** HIGH:LOW ← twice as much if its first bit is clear. */
function doubleUnlessNormal({ code }: Emitter): void {
  const pushIsNormal = (): void => {
    code.get(HIGH);
    code.i64(0);
    code.op(Op.I64LtS);
  };
  code.get(LOW);
  code.get(LOW);
  code.i64(1);
  code.op(Op.I64Shl);
  pushIsNormal();
  code.op(Op.Select);
  code.get(HIGH);
  code.get(HIGH);
  code.i64(1);
  code.op(Op.I64Shl);
  code.get(LOW);
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrU);
  code.op(Op.I64Or);
  pushIsNormal();
  code.op(Op.Select);
  code.set(HIGH);
  code.set(LOW);
}

/** Returns a / b. */
export function divide(
  emitter: Emitter,
  numbers: OrdinaryNumbers87,
  a: OrdinaryNumber,
  b: OrdinaryNumber,
): OrdinaryNumber {
  const { code } = emitter;
  const to = numbers.fresh({ least: a.least - b.most + BIAS - 1, most: a.most - b.least + BIAS });
  // Neither is a zero.
  code.get(a.significand);
  code.get(b.significand);
  code.op(Op.I64And);
  code.i64(0);
  code.op(Op.I64GeS);
  emitter.retreatIf();
  code.get(a.exponent);
  code.get(b.exponent);
  code.op(Op.I32Sub);
  code.i32(BIAS);
  code.op(Op.I32Add);
  code.get(a.significand);
  code.get(b.significand);
  code.op(Op.I64LtU);
  code.op(Op.I32Sub);
  code.set(to.exponent);
  code.get(a.sign);
  code.get(b.sign);
  code.op(Op.I64Xor);
  code.set(to.sign);
  code.get(a.significand);
  code.get(b.significand);
  takeRounded(emitter, numbers, X87Import.Quotient, to);
  return within(emitter, to);
}

/** Returns the square root of a. */
export function squareRoot(emitter: Emitter, numbers: OrdinaryNumbers87, a: OrdinaryNumber): OrdinaryNumber {
  const { code } = emitter;
  const rootOf = (exponent: number): number => ((exponent - BIAS) >> 1) + BIAS;
  const to = numbers.fresh({ least: rootOf(a.least), most: rootOf(a.most) });
  code.get(a.sign);
  code.get(a.significand);
  code.op(Op.I64Eqz);
  code.op(Op.I64ExtendI32U);
  code.op(Op.I64Or);
  code.op(Op.I32WrapI64);
  emitter.retreatIf();
  code.get(a.exponent);
  code.i32(BIAS);
  code.op(Op.I32Sub);
  code.i32(1);
  code.op(Op.I32ShrS);
  code.i32(BIAS);
  code.op(Op.I32Add);
  code.set(to.exponent);
  code.i64(0);
  code.set(to.sign);
  code.get(a.significand);
  code.get(a.exponent);
  takeRounded(emitter, numbers, X87Import.Root, to);
  return to;
}

/** The significand of the result ← what a core function makes of what is on the stack; it has left what was added. */
function takeRounded(
  emitter: Emitter,
  numbers: OrdinaryNumbers87,
  index: X87Import,
  to: OrdinaryNumber,
): void {
  const { code, x87 } = emitter;
  x87.call(index);
  code.tee(to.significand);
  code.op(Op.I64Eqz);
  emitter.retreatIf();
  emitter.loadState(Op.I64Load32U, emitter.addresses.x87.resultTop);
  code.set(numbers.roundedUp);
}

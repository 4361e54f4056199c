/**
 * FADD, FSUB and FMUL of normal numbers, inline, while the control word says 64 bits and nearest even; what is otherwise goes
 * to the core. The same arithmetic as in assembly/exec/x87-fast.ts.
 */
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { Op, Type } from './wasm-opcodes.js';
import type { NumberLocals } from './x87-stack.js';

export const EXPONENT_MASK = 0x7fff;
export const SIGN = 0x8000;
const BIAS = 0x3fff;
const INTEGER_HIGH = 0x80000000;
/** Exponents of normal numbers are 1 and so many more. */
const NORMAL_EXPONENTS = 0x7ffe;
/** One less: rounding could carry into the infinite exponent. */
const SAFE_EXPONENTS = 0x7ffd;
export const SIGN_BIT = 63;

/** Which locals the parts of a result are in before it is rounded. */
const HIGH = Local.X87High;
const LOW = Local.X87Low;
const EXPONENT = Local.Narrow0;
const RESULT_SIGN = Local.Narrow1;

/** Pushes the significand of a * b, and leaves the upper part in `upper`. */
export function multiplyInline(emitter: Emitter, a: NumberLocals, b: NumberLocals, upper: number): void {
  inline(emitter, a, b, upper, X87Import.Multiply, (slow) => {
    const { code } = emitter;
    exponentOf(emitter, a);
    exponentOf(emitter, b);
    code.op(Op.I32Add);
    code.i32(BIAS);
    code.op(Op.I32Sub);
    code.set(EXPONENT);
    code.get(a.upper);
    code.get(b.upper);
    code.op(Op.I32Xor);
    code.set(RESULT_SIGN);
    product(emitter, a.significand, b.significand);
    normalizeProduct(emitter);
    round(emitter, slow, upper);
  });
}

/** Pushes the significand of a + b or a - b, and leaves the upper part in `upper`. */
export function addInline(
  emitter: Emitter,
  a: NumberLocals,
  b: NumberLocals,
  upper: number,
  isSubtraction: boolean,
): void {
  const index = isSubtraction ? X87Import.Subtract : X87Import.Add;
  inline(emitter, a, b, upper, index, (slow) => {
    align(emitter, a, b, isSubtraction, slow);
    sumOrDifference(emitter, a, b, isSubtraction, slow);
    round(emitter, slow, upper);
  });
}

/** Arithmetic on normal numbers; the core does what is not. */
function inline(
  emitter: Emitter,
  a: NumberLocals,
  b: NumberLocals,
  upper: number,
  index: X87Import,
  emitFast: (slow: number) => void,
): void {
  const { code, x87 } = emitter;
  const fast = (slow: number): void => {
    requireNormal(emitter, a, b, slow);
    emitFast(slow);
  };
  attempt(emitter, Type.I64, fast, () => {
    for (const { significand, upper: top } of [a, b]) {
      code.get(significand);
      code.get(top);
    }
    x87.call(index);
    emitter.loadState(Op.I32Load, emitter.addresses.x87.resultTop);
    code.set(upper);
    x87.pushC1();
    code.set(Local.X87Up);
  });
}

/** What `fast` emits leaves a value on the stack, or branches to the construct at the depth it is given, where `slow` does. */
export function attempt(
  emitter: Emitter,
  type: Type,
  fast: (failed: number) => void,
  slow: () => void,
): void {
  const done = emitter.depth;
  emitter.open(Op.Block, type);
  const failed = emitter.depth;
  emitter.open(Op.Block);
  fast(failed);
  emitter.branch(Op.Br, done);
  emitter.close();
  slow();
  emitter.close();
}

/**
 * Branches to `slow` unless both are normal numbers and rounding is as it is here: a branch each, as V8 makes fewer
 * instructions of them than of one condition.
 */
export function requireNormal(emitter: Emitter, a: NumberLocals, b: NumberLocals, slow: number): void {
  const { code } = emitter;
  code.get(Local.X87IsUsual);
  code.op(Op.I32Eqz);
  emitter.branch(Op.BrIf, slow);
  code.get(a.significand);
  code.get(b.significand);
  code.op(Op.I64And);
  code.i64(0);
  code.op(Op.I64GeS);
  emitter.branch(Op.BrIf, slow);
  for (const number of a.upper === b.upper ? [a] : [a, b]) {
    exponentOf(emitter, number);
    code.i32(1);
    code.op(Op.I32Sub);
    code.i32(NORMAL_EXPONENTS);
    code.op(Op.I32GeU);
    emitter.branch(Op.BrIf, slow);
  }
}

export function exponentOf({ code }: Emitter, { upper }: NumberLocals): void {
  code.get(upper);
  code.i32(EXPONENT_MASK);
  code.op(Op.I32And);
}

/** HIGH:LOW ← the product of two significands, from those of their halves. */
function product({ code }: Emitter, a: number, b: number): void {
  const low = (local: number): void => {
    code.get(local);
    code.i64(-1, 0);
    code.op(Op.I64And);
  };
  const high = (local: number): void => {
    code.get(local);
    code.i64(32);
    code.op(Op.I64ShrU);
  };
  high(a);
  low(b);
  code.op(Op.I64Mul);
  low(a);
  low(b);
  code.op(Op.I64Mul);
  code.i64(32);
  code.op(Op.I64ShrU);
  code.op(Op.I64Add);
  code.set(HIGH);
  low(a);
  high(b);
  code.op(Op.I64Mul);
  low(HIGH);
  code.op(Op.I64Add);
  code.set(LOW);
  high(a);
  high(b);
  code.op(Op.I64Mul);
  high(HIGH);
  code.op(Op.I64Add);
  high(LOW);
  code.op(Op.I64Add);
  code.set(HIGH);
  code.get(a);
  code.get(b);
  code.op(Op.I64Mul);
  code.set(LOW);
}

/** Shifts HIGH:LOW left by one bit if its first bit is clear; the exponent is one more if not. */
function normalizeProduct({ code }: Emitter): void {
  code.get(HIGH);
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrU);
  code.i64(1);
  code.op(Op.I64Xor);
  code.set(Local.X87Shift);
  code.get(HIGH);
  code.get(Local.X87Shift);
  code.op(Op.I64Shl);
  code.get(LOW);
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrU);
  code.get(Local.X87Shift);
  code.op(Op.I64And);
  code.op(Op.I64Or);
  code.set(HIGH);
  code.get(LOW);
  code.get(Local.X87Shift);
  code.op(Op.I64Shl);
  code.set(LOW);
  code.get(EXPONENT);
  code.i32(1);
  code.op(Op.I32Add);
  code.get(Local.X87Shift);
  code.op(Op.I32WrapI64);
  code.op(Op.I32Sub);
  code.set(EXPONENT);
}

/**
 * HIGH ← the larger significand; `X87Small` and LOW ← the smaller one, shifted right by the distance of the exponents, and what
 * that shifts out. EXPONENT, RESULT_SIGN ← those of the larger one.
 */
function align(
  emitter: Emitter,
  a: NumberLocals,
  b: NumberLocals,
  isSubtraction: boolean,
  slow: number,
): void {
  const { code } = emitter;
  const choose = (ifA: () => void, ifB: () => void): void => {
    ifB();
    ifA();
    code.get(Local.X87IsSwapped);
    code.op(Op.Select);
  };
  const significandOf = (number: NumberLocals) => () => code.get(number.significand);
  const signedB = (): void => {
    code.get(b.upper);
    if (!isSubtraction) return;
    code.i32(SIGN);
    code.op(Op.I32Xor);
  };
  exponentOf(emitter, a);
  exponentOf(emitter, b);
  code.op(Op.I32Sub);
  code.tee(EXPONENT);
  code.i32(0);
  code.op(Op.I32LtS);
  code.get(EXPONENT);
  code.op(Op.I32Eqz);
  code.get(a.significand);
  code.get(b.significand);
  code.op(Op.I64LtU);
  code.op(Op.I32And);
  code.op(Op.I32Or);
  code.set(Local.X87IsSwapped);
  // The distance, without its sign.
  code.i32(0);
  code.get(EXPONENT);
  code.op(Op.I32Sub);
  code.get(EXPONENT);
  code.get(Local.X87IsSwapped);
  code.op(Op.Select);
  code.tee(EXPONENT);
  code.i32(SIGN_BIT);
  code.op(Op.I32GtU);
  emitter.branch(Op.BrIf, slow);
  code.get(EXPONENT);
  code.op(Op.I64ExtendI32U);
  code.set(Local.X87Shift);
  choose(significandOf(a), significandOf(b));
  code.set(HIGH);
  choose(significandOf(b), significandOf(a));
  code.tee(Local.X87Small);
  // Two shifts, as one by 64 would be one by 0.
  code.i64(1);
  code.op(Op.I64Shl);
  code.i64(SIGN_BIT);
  code.get(Local.X87Shift);
  code.op(Op.I64Sub);
  code.op(Op.I64Shl);
  code.set(LOW);
  code.get(Local.X87Small);
  code.get(Local.X87Shift);
  code.op(Op.I64ShrU);
  code.set(Local.X87Small);
  choose(() => code.get(a.upper), signedB);
  code.tee(RESULT_SIGN);
  code.i32(EXPONENT_MASK);
  code.op(Op.I32And);
  code.set(EXPONENT);
}

/** HIGH:LOW ← HIGH:0 plus or less `X87Small`:LOW, normalized. */
function sumOrDifference(
  emitter: Emitter,
  a: NumberLocals,
  b: NumberLocals,
  isSubtraction: boolean,
  slow: number,
): void {
  const { code } = emitter;
  code.get(a.upper);
  code.get(b.upper);
  code.op(Op.I32Xor);
  code.i32(SIGN);
  code.op(Op.I32And);
  if (!isSubtraction) code.op(Op.I32Eqz);
  emitter.open(Op.If);
  sum(emitter);
  emitter.else();
  difference(emitter, slow);
  emitter.close();
}

function sum(emitter: Emitter): void {
  const { code } = emitter;
  code.get(HIGH);
  code.get(Local.X87Small);
  code.op(Op.I64Add);
  code.tee(Local.X87Small);
  code.get(HIGH);
  code.op(Op.I64LtU);
  emitter.open(Op.If);
  code.get(Local.X87Small);
  code.i64(SIGN_BIT);
  code.op(Op.I64Shl);
  code.get(LOW);
  code.i64(1);
  code.op(Op.I64ShrU);
  code.op(Op.I64Or);
  code.get(LOW);
  code.i64(1);
  code.op(Op.I64And);
  code.op(Op.I64Or);
  code.set(LOW);
  code.get(Local.X87Small);
  code.i64(1);
  code.op(Op.I64ShrU);
  code.i64(0, INTEGER_HIGH);
  code.op(Op.I64Or);
  code.set(Local.X87Small);
  code.get(EXPONENT);
  code.i32(1);
  code.op(Op.I32Add);
  code.set(EXPONENT);
  emitter.close();
  code.get(Local.X87Small);
  code.set(HIGH);
}

function difference(emitter: Emitter, slow: number): void {
  const { code } = emitter;
  code.get(HIGH);
  code.get(Local.X87Small);
  code.op(Op.I64Sub);
  code.get(LOW);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  code.op(Op.I64ExtendI32U);
  code.op(Op.I64Sub);
  code.tee(HIGH);
  code.op(Op.I64Eqz);
  emitter.branch(Op.BrIf, slow);
  code.i64(0);
  code.get(LOW);
  code.op(Op.I64Sub);
  code.set(LOW);
  code.get(HIGH);
  code.op(Op.I64Clz);
  code.set(Local.X87Shift);
  code.get(HIGH);
  code.get(Local.X87Shift);
  code.op(Op.I64Shl);
  // Two shifts, as one by 64 would be one by 0.
  code.get(LOW);
  code.i64(1);
  code.op(Op.I64ShrU);
  code.i64(SIGN_BIT);
  code.get(Local.X87Shift);
  code.op(Op.I64Sub);
  code.op(Op.I64ShrU);
  code.op(Op.I64Or);
  code.set(HIGH);
  code.get(LOW);
  code.get(Local.X87Shift);
  code.op(Op.I64Shl);
  code.set(LOW);
  code.get(EXPONENT);
  code.get(Local.X87Shift);
  code.op(Op.I32WrapI64);
  code.op(Op.I32Sub);
  code.set(EXPONENT);
}

/** Pushes HIGH:LOW rounded to nearest; `upper` ← its sign and exponent. Ties, and carries into the exponent, are rare. */
function round(emitter: Emitter, slow: number, upper: number): void {
  const { code, x87 } = emitter;
  code.get(EXPONENT);
  code.i32(1);
  code.op(Op.I32Sub);
  code.i32(SAFE_EXPONENTS);
  code.op(Op.I32GeU);
  emitter.branch(Op.BrIf, slow);
  code.get(LOW);
  code.i64(0, INTEGER_HIGH);
  code.op(Op.I64Eq);
  emitter.branch(Op.BrIf, slow);
  code.get(LOW);
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrU);
  code.tee(Local.X87Shift);
  code.get(HIGH);
  code.op(Op.I64Add);
  code.tee(HIGH);
  code.op(Op.I64Eqz);
  emitter.branch(Op.BrIf, slow);
  code.get(Local.X87Shift);
  code.set(Local.X87Up);
  x87.addInexact(() => code.get(LOW));
  code.get(EXPONENT);
  code.get(RESULT_SIGN);
  code.i32(SIGN);
  code.op(Op.I32And);
  code.op(Op.I32Or);
  code.set(upper);
  code.get(HIGH);
}

/** Pushes 1 if what follows a number, aligned to the top of a word, rounds it up, else 0 (i64): to nearest, halves to even. */
export function pushRoundsUp({ code }: Emitter, number: number, rest: number): void {
  code.get(rest);
  code.i64(SIGN_BIT);
  code.op(Op.I64ShrU);
  code.get(rest);
  code.i64(1);
  code.op(Op.I64Shl);
  code.get(number);
  code.i64(1);
  code.op(Op.I64And);
  code.op(Op.I64Or);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  code.op(Op.I64ExtendI32U);
  code.op(Op.I64And);
}

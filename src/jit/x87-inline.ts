/**
 * FADD, FSUB and FMUL of normal numbers, inline, while the control word says 64 bits and nearest even; what is otherwise goes
 * to the core. The same arithmetic as in assembly/exec/x87-fast.ts.
 */
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { Op, Type } from './wasm-opcodes.js';
import { EXPONENT, exponentOf, HIGH, LOW, pushRoundsUp, RESULT_SIGN, SIGN } from './x87-number.js';
import type { NumberLocals } from './x87-registers.js';
import { multiplySignificands } from './x87-product.js';
import { align, sumOrDifference } from './x87-sum.js';

const BIAS = 0x3fff;
/** Exponents of normal numbers are 1 and so many more. */
const NORMAL_EXPONENTS = 0x7ffe;
/** One less: rounding could carry into the infinite exponent. */
const SAFE_EXPONENTS = 0x7ffd;

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
    multiplySignificands(emitter, a.significand, b.significand);
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
    x87.status.pushC1();
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

/** Pushes HIGH:LOW rounded to nearest; `upper` ← its sign and exponent. Carries into the exponent are rare. */
function round(emitter: Emitter, slow: number, upper: number): void {
  const { code, x87 } = emitter;
  code.get(EXPONENT);
  code.i32(1);
  code.op(Op.I32Sub);
  code.i32(SAFE_EXPONENTS);
  code.op(Op.I32GeU);
  emitter.branch(Op.BrIf, slow);
  pushRoundsUp(emitter);
  code.tee(Local.X87Shift);
  code.get(HIGH);
  code.op(Op.I64Add);
  code.tee(HIGH);
  code.op(Op.I64Eqz);
  emitter.branch(Op.BrIf, slow);
  code.get(Local.X87Shift);
  code.set(Local.X87Up);
  x87.status.addInexact(() => code.get(LOW));
  code.get(EXPONENT);
  code.get(RESULT_SIGN);
  code.i32(SIGN);
  code.op(Op.I32And);
  code.op(Op.I32Or);
  code.set(upper);
  code.get(HIGH);
}

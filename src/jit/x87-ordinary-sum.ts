/** Sums and differences of ordinary x87 numbers in a stretch that may be undone: no branch for their signs, order or carry. */
import type { CodeWriter } from './code-writer.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';
import { choose, SIGN_BIT } from './x87-number.js';
import {
  becomeZero,
  HIGH,
  LOW,
  type OrdinaryNumber,
  type OrdinaryNumbers87,
  renewZero,
} from './x87-ordinary-numbers.js';
import { round, within } from './x87-ordinary-round.js';

/** Returns a + b or a - b, computed in 128 bits with the first one clear for the carry. */
export function add(
  emitter: Emitter,
  numbers: OrdinaryNumbers87,
  a: OrdinaryNumber,
  b: OrdinaryNumber,
  isSubtraction: boolean,
): OrdinaryNumber {
  const { code } = emitter;
  if (a === b && !isSubtraction) return double(emitter, numbers, a);
  const to = numbers.fresh({
    least: Math.max(a.least, b.least) - SIGN_BIT,
    most: Math.max(a.most, b.most) + 1,
  });
  order(emitter, a, b, isSubtraction, to);
  addAligned(emitter);
  code.get(HIGH);
  code.op(Op.I64Eqz);
  emitter.open(Op.If);
  code.get(LOW);
  becomeZero(emitter, to);
  // Of two zeros of one sign, or else positive.
  code.get(to.sign);
  code.get(Local.Wide1);
  code.i64(-1);
  code.op(Op.I64Xor);
  code.op(Op.I64And);
  code.set(to.sign);
  code.i64(0);
  code.set(numbers.roundedUp);
  emitter.else();
  normalize(emitter, to);
  round(emitter, numbers, to);
  emitter.close();
  return within(emitter, to);
}

/** HIGH:LOW ← shifted left until its first bit is set; it was half of what the exponent of the result means. */
function normalize({ code }: Emitter, to: OrdinaryNumber): void {
  code.get(HIGH);
  code.op(Op.I64Clz);
  code.set(Local.X87Shift);
  code.get(to.exponent);
  code.i32(1);
  code.op(Op.I32Add);
  code.get(Local.X87Shift);
  code.op(Op.I32WrapI64);
  code.op(Op.I32Sub);
  code.set(to.exponent);
  code.get(HIGH);
  code.get(Local.X87Shift);
  code.op(Op.I64Shl);
  // Two shifts, as one by 64 would be one by 0.
  code.get(LOW);
  code.i64(1);
  code.op(Op.I64ShrU);
  pushComplement(code);
  code.op(Op.I64ShrU);
  code.op(Op.I64Or);
  code.set(HIGH);
  code.get(LOW);
  code.get(Local.X87Shift);
  code.op(Op.I64Shl);
  code.set(LOW);
}

/** Returns a + a. */
function double(emitter: Emitter, numbers: OrdinaryNumbers87, a: OrdinaryNumber): OrdinaryNumber {
  const { code } = emitter;
  const to = numbers.fresh({ least: a.least + 1, most: a.most + 1 }, a.products + 1);
  code.get(a.significand);
  code.set(to.significand);
  code.get(a.sign);
  code.set(to.sign);
  code.get(a.exponent);
  code.i32(1);
  code.op(Op.I32Add);
  code.set(to.exponent);
  code.i64(0);
  code.set(numbers.roundedUp);
  return renewZero(emitter, within(emitter, to));
}

/** Pushes 63 less `X87Shift`: only the last six bits of a distance count. */
function pushComplement(code: CodeWriter): void {
  code.get(Local.X87Shift);
  code.i64(-1);
  code.op(Op.I64Xor);
}

/**
 * HIGH and `X87Small` ← the significands of the larger and the smaller number, `X87Shift` ← the distance of their exponents, and
 * `Wide1` ← all ones if their difference is wanted, or 0. Exponent and sign of the result ← those of the larger number.
 */
function order(
  emitter: Emitter,
  a: OrdinaryNumber,
  b: OrdinaryNumber,
  isSubtraction: boolean,
  to: OrdinaryNumber,
): void {
  const { code } = emitter;
  const get = (local: number) => () => code.get(local);
  const signOfB = (): void => {
    code.get(b.sign);
    if (!isSubtraction) return;
    code.i64(-1);
    code.op(Op.I64Xor);
  };
  compareMagnitudes(emitter, a, b);
  choose(emitter, get(b.significand), get(a.significand));
  code.set(HIGH);
  choose(emitter, get(a.significand), get(b.significand));
  code.set(Local.X87Small);
  takeDistance(emitter);
  code.get(a.sign);
  signOfB();
  code.op(Op.I64Xor);
  code.set(Local.Wide1);
  choose(emitter, signOfB, get(a.sign));
  choose(emitter, get(b.exponent), get(a.exponent));
  code.set(to.exponent);
  code.set(to.sign);
}

/** HIGH:LOW ← half of HIGH, plus or less half of `X87Small`, which lies `X87Shift` bits behind. */
function addAligned(emitter: Emitter): void {
  const { code } = emitter;
  // Less a number is plus its complement and one, which is added to the last word.
  code.get(Local.X87Small);
  pushComplement(code);
  code.op(Op.I64Shl);
  code.get(Local.Wide1);
  code.op(Op.I64Xor);
  code.tee(Local.Wide0);
  code.get(HIGH);
  code.i64(SIGN_BIT);
  code.op(Op.I64Shl);
  code.get(Local.Wide1);
  code.op(Op.I64Sub);
  code.op(Op.I64Add);
  code.set(LOW);
  code.get(HIGH);
  code.i64(1);
  code.op(Op.I64ShrU);
  code.get(Local.X87Small);
  code.i64(1);
  code.op(Op.I64ShrU);
  code.get(Local.X87Shift);
  code.op(Op.I64ShrU);
  code.get(Local.Wide1);
  code.op(Op.I64Xor);
  code.op(Op.I64Add);
  code.get(LOW);
  code.get(Local.Wide0);
  code.op(Op.I64LtU);
  code.op(Op.I64ExtendI32U);
  code.op(Op.I64Add);
  code.set(HIGH);
}

/** `X87IsSwapped` ← all ones if the magnitude of b is larger, or 0; `Narrow0` ← the distance of the exponents. */
function compareMagnitudes({ code }: Emitter, a: OrdinaryNumber, b: OrdinaryNumber): void {
  // Twice the distance, less one if a's significand is less.
  code.get(a.exponent);
  code.get(b.exponent);
  code.op(Op.I32Sub);
  code.tee(Local.Narrow0);
  code.i32(1);
  code.op(Op.I32Shl);
  code.get(a.significand);
  code.get(b.significand);
  code.op(Op.I64LtU);
  code.op(Op.I32Sub);
  code.i32(31);
  code.op(Op.I32ShrS);
  code.set(Local.X87IsSwapped);
  code.get(Local.Narrow0);
  code.get(Local.X87IsSwapped);
  code.op(Op.I32Xor);
  code.get(Local.X87IsSwapped);
  code.op(Op.I32Sub);
  code.set(Local.Narrow0);
}

/** `X87Shift` ← `Narrow0`, by which `X87Small` can be shifted. */
function takeDistance(emitter: Emitter): void {
  const { code } = emitter;
  // Nothing of a zero is shifted out.
  code.get(Local.Narrow0);
  code.i32(SIGN_BIT);
  code.op(Op.I32GtU);
  emitter.open(Op.If);
  code.get(Local.X87Small);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  emitter.retreatIf();
  emitter.close();
  code.get(Local.Narrow0);
  code.op(Op.I64ExtendI32U);
  code.set(Local.X87Shift);
}

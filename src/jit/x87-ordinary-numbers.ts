/**
 * x87 registers in a stretch that may be undone (x87-trial.ts): numbers that are known to be ordinary, in three locals each.
 * They are where the other code looks for them (x87-registers.ts) once the stretch has come to its end.
 */
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';
import { EXPONENT_MASK, SIGN, SIGN_BIT } from './x87-number.js';
import { localsOfRegister } from './x87-registers.js';

/** Biased exponents, both included. */
export interface Exponents {
  readonly least: number;
  readonly most: number;
}

/** A normal number, or a zero: its significand is 0, and its exponent far below all others. */
export interface OrdinaryNumber extends Exponents {
  /** Locals: the significand; the biased exponent; all ones if it is negative, or 0. */
  readonly significand: number;
  readonly exponent: number;
  readonly sign: number;
  /** How many products a zero has come through: its exponent is no more what `ZERO_EXPONENT` says. */
  readonly products: number;
}

/** What a zero has for an exponent at first: below those of all numbers, also once it has been multiplied by them. */
export const ZERO_EXPONENT = -(1 << 20);
/** Products after which a zero gets that exponent back: it has become at most so many times as large, and half as large. */
const MOST_PRODUCTS = 15;

/**
 * Exponents of the numbers that a stretch takes from elsewhere: those of doubles, and of products of four. So their own products
 * need no look.
 */
export const USUAL: Exponents = { least: 0x3001, most: 0x4ffe };

/** Sets of locals: of eight registers, an operand and a result. */
const SETS = 10;
/** i64 and i32 locals that a region needs for that. */
export const ORDINARY_LOCALS = { wide: 2 * SETS + 1, narrow: SETS };
/** Bits above a number's sign in an i64. */
const ABOVE_SIGN = 48;

export class OrdinaryNumbers87 {
  /** By register. */
  private readonly numbers = new Map<number, OrdinaryNumber>();
  private readonly assigned = new Set<number>();
  private operand: OrdinaryNumber | undefined;

  constructor(private readonly emitter: Emitter) {}

  /** The local of what is added to the last result for rounding, 0 or 1 (i64). */
  get roundedUp(): number {
    return this.emitter.ordinaryLocals;
  }

  /** ST(i), brought here if it is not yet. */
  read(i: number): OrdinaryNumber {
    const n = this.emitter.x87.register(i);
    const known = this.numbers.get(n);
    if (known !== undefined) return known;
    const number = this.unpack(i);
    this.numbers.set(n, number);
    return number;
  }

  write(i: number, number: OrdinaryNumber): void {
    const n = this.emitter.x87.register(i);
    this.numbers.set(n, number);
    this.assigned.add(n);
  }

  /** Locals for a result. */
  fresh(exponents: Exponents, products = 0): OrdinaryNumber {
    const used = new Set([...this.numbers.values(), this.operand].map((number) => number?.exponent));
    const { ordinaryLocals: first } = this.emitter;
    const exponent = first + ORDINARY_LOCALS.wide;
    let set = 0;
    while (used.has(exponent + set)) set++;
    const significand = first + 1 + set;
    const { least, most } = exponents;
    return { significand, sign: significand + SETS, exponent: exponent + set, least, most, products };
  }

  /** Locals for an operand in memory, for as long as one operation takes. */
  freshOperand(exponents: Exponents): OrdinaryNumber {
    return (this.operand = this.fresh(exponents));
  }

  /** Of the operation that is complete, the operand is not needed any more. */
  dropOperand(): void {
    this.operand = undefined;
  }

  /** Nothing is known: other code has been in between. */
  forget(): void {
    this.numbers.clear();
  }

  /** The stretch has come to its end: what it has assigned goes to where the other code looks for it. */
  commit(): void {
    const { code, x87 } = this.emitter;
    for (const n of this.assigned) {
      const { significand, exponent, sign } = this.numbers.get(n)!;
      const to = localsOfRegister(n);
      code.get(significand);
      code.set(to.significand);
      code.get(sign);
      code.op(Op.I32WrapI64);
      code.i32(SIGN);
      code.op(Op.I32And);
      // A zero's exponent is below 0 here.
      code.get(exponent);
      code.i32(0);
      code.get(exponent);
      code.i32(0);
      code.op(Op.I32GtS);
      code.op(Op.Select);
      code.op(Op.I32Or);
      code.set(to.upper);
      x87.assignRegister(n);
    }
    this.assigned.clear();
  }

  private unpack(i: number): OrdinaryNumber {
    const { emitter } = this;
    const { code } = emitter;
    const { significand, upper } = emitter.x87.number(i);
    const number = this.fresh(USUAL);
    code.get(upper);
    code.i32(EXPONENT_MASK);
    code.op(Op.I32And);
    code.set(number.exponent);
    code.get(significand);
    code.tee(number.significand);
    code.i64(0);
    code.op(Op.I64GeS);
    emitter.open(Op.If);
    code.get(significand);
    code.get(number.exponent);
    code.op(Op.I64ExtendI32U);
    code.op(Op.I64Or);
    becomeZero(emitter, number);
    emitter.else();
    retreatUnless(emitter, number.exponent, USUAL);
    emitter.close();
    code.get(upper);
    code.op(Op.I64ExtendI32U);
    code.i64(ABOVE_SIGN);
    code.op(Op.I64Shl);
    code.i64(SIGN_BIT);
    code.op(Op.I64ShrS);
    code.set(number.sign);
    return number;
  }
}

/** The number is a zero, unless the i64 on top of the stack is not: then it gives up the stretch. */
export function becomeZero(emitter: Emitter, number: OrdinaryNumber): void {
  const { code } = emitter;
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  emitter.retreatIf();
  code.i64(0);
  code.set(number.significand);
  code.i32(ZERO_EXPONENT);
  code.set(number.exponent);
}

/** The same number, with an exponent that is as `ZERO_EXPONENT` says again if it is a zero that has come through many products. */
export function renewZero({ code }: Emitter, number: OrdinaryNumber): OrdinaryNumber {
  if (number.products <= MOST_PRODUCTS) return number;
  code.get(number.exponent);
  code.i32(ZERO_EXPONENT);
  code.get(number.exponent);
  code.i32(0);
  code.op(Op.I32GtS);
  code.op(Op.Select);
  code.set(number.exponent);
  return { ...number, products: 0 };
}

/** Gives up the stretch if an exponent (i32 local) is not one of these. */
export function retreatUnless(emitter: Emitter, exponent: number, exponents: Exponents): void {
  pushIsOutside(emitter, exponent, exponents);
  emitter.retreatIf();
}

/** Pushes whether an exponent (i32 local) is not one of these. */
export function pushIsOutside({ code }: Emitter, exponent: number, { least, most }: Exponents): void {
  code.get(exponent);
  code.i32(least);
  code.op(Op.I32Sub);
  code.i32(most - least);
  code.op(Op.I32GtU);
}

/** `Local.X87High`:`X87Low`, the first bit set, is where the significand of a result is before it is rounded. */
export const HIGH = Local.X87High;
export const LOW = Local.X87Low;

/** Single flags and conditions made of what an operation has left in locals. */
import { Width } from '../../assembly/abi/width.js';
import type { CodeWriter } from './code-writer.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';

/** The operation that wrote the flags. */
export enum Source {
  /** They are in the cells (abi/flag-kind.ts). */
  Unknown,
  /** They are in the state. */
  Settled,
  Add,
  /** With carry in. */
  Adc,
  Sub,
  Sbb,
  Logic,
  Inc,
  Dec,
  /** By a constant. */
  Rol,
  Ror,
  /** `flagResult` and `flagAux` are given. */
  Explicit,
}

/** By a constant: keeps all flags but CF and OF. */
export function isRotation(source: Source): boolean {
  return source === Source.Rol || source === Source.Ror;
}

/** Bits of `flagAux`. */
export const CF_BIT = 0;
export const PF_BIT = 2;
const SF_BIT = 7;
/** Of a result, counted from its upper end. */
const TOP_BIT = -1;
export const OF_BIT = 11;

/** Conditions without their negation (APM vol 3 App. A). */
enum Condition {
  Overflow,
  Carry,
  Zero,
  CarryOrZero,
  Sign,
  Parity,
  Less,
  LessOrEqual,
}

/** Comparisons of the operands of a subtraction: i32, i64. */
const COMPARISONS: Readonly<Partial<Record<Condition, readonly [Op, Op]>>> = {
  [Condition.Carry]: [Op.I32LtU, Op.I64LtU],
  [Condition.Zero]: [Op.I32Eq, Op.I64Eq],
  [Condition.CarryOrZero]: [Op.I32LeU, Op.I64LeU],
  [Condition.Less]: [Op.I32LtS, Op.I64LtS],
  [Condition.LessOrEqual]: [Op.I32LeS, Op.I64LeS],
};
const SIGNED: ReadonlySet<Condition> = new Set([Condition.Less, Condition.LessOrEqual]);

export abstract class FlagValues {
  source = Source.Unknown;
  /** Of the operation. */
  width = Width.Byte;

  /** Where the operation's result is. The flags that a step keeps are made of the other locals. */
  protected get resultLocal(): Local {
    return this.isStep ? Local.StepResult : Local.FlagResult;
  }

  /** It keeps flags. */
  protected get isStep(): boolean {
    return this.source === Source.Inc || this.source === Source.Dec || this.isRotation;
  }

  protected get isRotation(): boolean {
    return isRotation(this.source);
  }

  constructor(protected readonly code: CodeWriter) {}

  /** Pushes 1 if the condition holds, else 0 (i32). The source must be known and not settled. */
  protected holds(condition: Condition): void {
    const comparison = this.source === Source.Sub ? COMPARISONS[condition] : undefined;
    if (comparison !== undefined) return this.compareOperands(comparison, SIGNED.has(condition));
    switch (condition) {
      case Condition.Overflow:
        return this.overflow();
      case Condition.Carry:
        return this.carry();
      case Condition.Zero:
        return this.zero();
      case Condition.CarryOrZero:
        return this.either(() => this.carry());
      case Condition.Sign:
        return this.sign();
      case Condition.Parity:
        return this.parity();
      case Condition.Less:
        return this.less();
      case Condition.LessOrEqual:
        return this.either(() => this.less());
    }
  }

  private either(other: () => void): void {
    other();
    this.zero();
    this.code.op(Op.I32Or);
  }

  /** SF differs from OF. */
  private less(): void {
    this.sign();
    this.overflow();
    this.code.op(Op.I32Xor);
  }

  private compareOperands([narrow, wide]: readonly [Op, Op], isSigned: boolean): void {
    this.operand(Local.FlagLeft, isSigned);
    this.operand(Local.FlagRight, isSigned);
    this.code.op(this.width === Width.Qword ? wide : narrow);
  }

  /** Pushes a remembered value: an i64, or an i32 extended from the operation's width. */
  private operand(local: Local, isSigned = false): void {
    const { code, width } = this;
    code.get(local);
    if (width === Width.Qword) return;
    code.op(Op.I32WrapI64);
    if (width === Width.Dword) return;
    if (isSigned) code.op(width === Width.Byte ? Op.I32Extend8S : Op.I32Extend16S);
    else {
      code.i32(width === Width.Byte ? 0xff : 0xffff);
      code.op(Op.I32And);
    }
  }

  private zero(): void {
    const { code } = this;
    if (this.source === Source.Explicit || this.width === Width.Qword) {
      code.get(this.resultLocal);
      code.op(Op.I64Eqz);
      return;
    }
    this.operand(this.resultLocal);
    code.op(Op.I32Eqz);
  }

  private sign(): void {
    const { code } = this;
    if (this.source === Source.Explicit || this.width === Width.Qword) {
      code.get(this.resultLocal);
      code.i64(0);
      code.op(Op.I64LtS);
    } else {
      this.operand(this.resultLocal, true);
      code.i32(0);
      code.op(Op.I32LtS);
    }
    if (this.source === Source.Explicit) this.invertBy(SF_BIT);
  }

  private parity(): void {
    const { code } = this;
    code.get(this.resultLocal);
    code.op(Op.I32WrapI64);
    code.i32(0xff);
    code.op(Op.I32And);
    code.op(Op.I32Popcnt);
    code.i32(1);
    code.op(Op.I32And);
    code.op(Op.I32Eqz);
    if (this.source === Source.Explicit) this.invertBy(PF_BIT);
  }

  private invertBy(bit: number): void {
    this.auxiliary(bit);
    this.code.op(Op.I32Xor);
  }

  /** A bit of `flagAux`. */
  protected auxiliary(bit: number): void {
    const { code } = this;
    code.get(Local.FlagRight);
    code.op(Op.I32WrapI64);
    if (bit > 0) {
      code.i32(bit);
      code.op(Op.I32ShrU);
    }
    code.i32(1);
    code.op(Op.I32And);
  }

  /** Pushes CF (i32). The source must be known and not settled. */
  protected carry(): void {
    const { code } = this;
    switch (this.source) {
      case Source.Logic:
        return code.i32(0);
      case Source.Explicit:
        return this.auxiliary(CF_BIT);
      case Source.Inc:
      case Source.Dec:
        return this.carryBefore();
      case Source.Rol:
        return this.resultBit(0);
      case Source.Ror:
        return this.resultBit(TOP_BIT);
      case Source.Add:
        this.operand(this.resultLocal);
        this.operand(Local.FlagLeft);
        return code.op(this.width === Width.Qword ? Op.I64LtU : Op.I32LtU);
      case Source.Sub:
        return this.compareOperands([Op.I32LtU, Op.I64LtU], false);
      default:
        return this.carryOfChain();
    }
  }

  /** Pushes a bit of the result, counted up from the lowest or down from the highest (i32). */
  private resultBit(bit: number): void {
    const { code } = this;
    code.get(this.resultLocal);
    code.i64(bit < 0 ? (8 << this.width) + bit : bit);
    code.op(Op.I64ShrU);
    code.op(Op.I32WrapI64);
    code.i32(1);
    code.op(Op.I32And);
  }

  /** Pushes the CF (i32) that INC or DEC has kept. */
  protected abstract carryBefore(): void;

  /** Carry out of ADC or SBB: the top bit of (l & r) | ((l | r) & ~x), with l inverted for a borrow and x for a carry. */
  private carryOfChain(): void {
    const { code } = this;
    const isBorrow = this.source === Source.Sbb;
    const left = (): void => {
      code.get(Local.FlagLeft);
      if (isBorrow) this.invert();
    };
    left();
    code.get(Local.FlagRight);
    code.op(Op.I64And);
    left();
    code.get(Local.FlagRight);
    code.op(Op.I64Or);
    code.get(this.resultLocal);
    if (!isBorrow) this.invert();
    code.op(Op.I64And);
    code.op(Op.I64Or);
    this.topBit();
  }

  private invert(): void {
    this.code.i64(-1);
    this.code.op(Op.I64Xor);
  }

  protected overflow(): void {
    const { code } = this;
    switch (this.source) {
      case Source.Logic:
        return code.i32(0);
      case Source.Explicit:
        return this.auxiliary(OF_BIT);
      case Source.Inc:
        return this.isResult(false);
      case Source.Dec:
        return this.isResult(true);
      case Source.Rol:
      case Source.Ror:
        this.carry();
        this.resultBit(this.source === Source.Rol ? TOP_BIT : TOP_BIT - 1);
        return code.op(Op.I32Xor);
      case Source.Add:
      case Source.Adc:
        return this.signsDiffer(Local.FlagLeft, Local.FlagRight, Local.FlagResult);
      default:
        return this.signsDiffer(Local.FlagRight, Local.FlagResult, Local.FlagLeft);
    }
  }

  /** The top bit of (first ^ common) & (second ^ common). */
  private signsDiffer(first: Local, second: Local, common: Local): void {
    const { code } = this;
    code.get(first);
    code.get(common);
    code.op(Op.I64Xor);
    code.get(second);
    code.get(common);
    code.op(Op.I64Xor);
    code.op(Op.I64And);
    this.topBit();
  }

  /** From an i64 the top bit of the operation's width, as an i32. */
  private topBit(): void {
    const { code } = this;
    code.i64((8 << this.width) - 1);
    code.op(Op.I64ShrU);
    code.op(Op.I32WrapI64);
    code.i32(1);
    code.op(Op.I32And);
  }

  /** Whether the result is the largest signed number, or the smallest. */
  private isResult(largest: boolean): void {
    const { code, width } = this;
    this.operand(this.resultLocal);
    if (width === Width.Qword) {
      code.i64(largest ? -1 : 0, largest ? 0x7fffffff : -0x80000000);
      code.op(Op.I64Eq);
      return;
    }
    const smallest = 2 ** ((8 << width) - 1);
    code.i32(largest ? smallest - 1 : smallest);
    code.op(Op.I32Eq);
  }
}

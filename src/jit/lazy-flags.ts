/**
 * What the compiler knows of the status flags at a point of the code, and conditions made of it.
 *
 * An operation leaves its operands and its result in locals. Flags are computed from them where somebody asks, and settled
 * in the state where the interpreter or a core function may ask. Where paths meet, a local says at run time what the
 * operation was.
 */
import { FlagKind } from '../../assembly/abi/flag-kind.js';
import type { CodeWriter } from './code-writer.js';
import { Import, type StateAddresses } from './core-layout.js';
import { Local } from './locals.js';
import { Op, Type } from './wasm-opcodes.js';

/** The operation that wrote the flags. */
export enum Source {
  /** Known at run time only, from `Local.FlagKind`. */
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
  /** `flagResult` and `flagAux` are given. */
  Explicit,
}

/** Bits of `flagAux`. */
const CF_BIT = 0;
const PF_BIT = 2;
const AF_BIT = 4;
const SF_BIT = 7;
const OF_BIT = 11;

/** Log2 of the bytes of the operation. */
const QWORD = 3;
const DWORD = 2;

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
const SIGN_EXTENSIONS: readonly Op[] = [Op.I64Extend8S, Op.I64Extend16S, Op.I64Extend32S];
const SIGNED: ReadonlySet<Condition> = new Set([Condition.Less, Condition.LessOrEqual]);

export class LazyFlags {
  source = Source.Unknown;
  /** log2 of the operation's bytes. */
  width = 0;

  constructor(
    private readonly code: CodeWriter,
    private readonly addresses: StateAddresses,
  ) {}

  set(source: Source, width = QWORD): void {
    this.source = source;
    this.width = width;
  }

  /** The `FlagKind` that `Local.FlagKind` must have for this knowledge. */
  private get kind(): FlagKind {
    switch (this.source) {
      case Source.Add:
      case Source.Adc:
        return FlagKind.Add8 + this.width;
      case Source.Sub:
      case Source.Sbb:
        return FlagKind.Sub8 + this.width;
      case Source.Inc:
        return FlagKind.Inc8 + this.width;
      case Source.Dec:
        return FlagKind.Dec8 + this.width;
      case Source.Logic:
      case Source.Explicit:
        return FlagKind.Explicit;
      default:
        return FlagKind.Settled;
    }
  }

  /** Makes `Local.FlagKind` right, for a place that does not know what this one does. */
  publish(): void {
    if (this.source === Source.Unknown) return;
    this.code.i32(this.kind);
    this.code.set(Local.FlagKind);
  }

  /** Writes the flags to the state. */
  settle(): void {
    const { code } = this;
    if (this.source === Source.Settled) return;
    if (this.source === Source.Unknown) {
      code.get(Local.FlagKind);
      code.block(Op.If);
    }
    if (this.source === Source.Unknown) code.get(Local.FlagKind);
    else code.i32(this.kind);
    code.get(Local.FlagLeft);
    code.get(Local.FlagRight);
    code.get(Local.FlagResult);
    code.call(Import.SettleFlags);
    if (this.source === Source.Unknown) code.op(Op.End);
    this.source = Source.Settled;
  }

  /** Pushes 1 if condition `n` holds, else 0 (i32). */
  condition(n: number): void {
    const { code } = this;
    if (this.source === Source.Unknown) this.settle();
    if (this.source === Source.Settled) {
      code.i32(n);
      code.call(Import.ConditionHolds);
      return;
    }
    this.positive(n >> 1);
    if ((n & 1) !== 0) code.op(Op.I32Eqz);
  }

  /** Pushes CF (i32), whatever is known. */
  pushCarry(): void {
    const { code } = this;
    if (this.source === Source.Settled) {
      this.loadAuxiliary();
      code.i32(1);
      code.op(Op.I32And);
      return;
    }
    if (this.source !== Source.Unknown) return this.carry();
    // After INC, DEC and what is explicit, CF is at hand: loops end with them.
    code.get(Local.FlagKind);
    code.i32(FlagKind.Inc8);
    code.op(Op.I32GeU);
    code.get(Local.FlagKind);
    code.i32(FlagKind.Explicit);
    code.op(Op.I32Eq);
    code.op(Op.I32Or);
    code.block(Op.If, Type.I32);
    this.auxiliary(CF_BIT);
    code.op(Op.Else);
    for (const local of [Local.FlagKind, Local.FlagLeft, Local.FlagRight, Local.FlagResult]) code.get(local);
    code.call(Import.CarryOf);
    code.op(Op.End);
  }

  /** Brings the flags into the explicit form, so that some of them can be replaced. */
  makeExplicit(): void {
    const { code } = this;
    if (this.source === Source.Unknown) this.settle();
    if (this.source === Source.Settled) {
      code.i32(0);
      code.memory(Op.I64Load, this.addresses.flagResult);
      code.set(Local.FlagResult);
      this.loadAuxiliary();
      code.op(Op.I64ExtendI32U);
      code.set(Local.FlagRight);
    } else if (this.source !== Source.Logic && this.source !== Source.Explicit) {
      this.auxiliaryOfOperation();
      code.set(Local.FlagRight);
      code.get(Local.FlagResult);
      if (this.width !== QWORD) code.op(SIGN_EXTENSIONS[this.width]!);
      code.set(Local.FlagResult);
    }
    this.set(Source.Explicit);
  }

  /** Pushes what `flagAux` would be after an addition, subtraction or step (i64). */
  private auxiliaryOfOperation(): void {
    const { code } = this;
    this.carry();
    this.overflow();
    code.i32(OF_BIT);
    code.op(Op.I32Shl);
    code.op(Op.I32Or);
    code.op(Op.I64ExtendI32U);
    code.get(Local.FlagResult);
    if (this.source === Source.Inc || this.source === Source.Dec) {
      // AF: the low digit has turned over, to 0 or to Fh.
      code.i64(0xf);
      code.op(Op.I64And);
      code.i64(this.source === Source.Inc ? 0 : 0xf);
      code.op(Op.I64Eq);
      code.op(Op.I64ExtendI32U);
      code.i64(AF_BIT);
      code.op(Op.I64Shl);
    } else {
      code.get(Local.FlagLeft);
      code.op(Op.I64Xor);
      code.get(Local.FlagRight);
      code.op(Op.I64Xor);
      code.i64(1 << AF_BIT);
      code.op(Op.I64And);
    }
    code.op(Op.I64Or);
  }

  private loadAuxiliary(): void {
    this.code.i32(0);
    this.code.memory(Op.I32Load, this.addresses.flagAux);
  }

  private positive(condition: Condition): void {
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
    this.code.op(this.width === QWORD ? wide : narrow);
  }

  /** Pushes a remembered value: an i64, or an i32 extended from the operation's width. */
  private operand(local: Local, isSigned = false): void {
    const { code, width } = this;
    code.get(local);
    if (width === QWORD) return;
    code.op(Op.I32WrapI64);
    if (width === DWORD) return;
    if (isSigned) code.op(width === 0 ? Op.I32Extend8S : Op.I32Extend16S);
    else {
      code.i32(width === 0 ? 0xff : 0xffff);
      code.op(Op.I32And);
    }
  }

  private get hasExplicitResult(): boolean {
    return this.source === Source.Explicit || this.source === Source.Logic;
  }

  private zero(): void {
    const { code } = this;
    if (this.hasExplicitResult || this.width === QWORD) {
      code.get(Local.FlagResult);
      code.op(Op.I64Eqz);
      return;
    }
    this.operand(Local.FlagResult);
    code.op(Op.I32Eqz);
  }

  private sign(): void {
    const { code } = this;
    if (this.hasExplicitResult || this.width === QWORD) {
      code.get(Local.FlagResult);
      code.i64(0);
      code.op(Op.I64LtS);
    } else {
      this.operand(Local.FlagResult, true);
      code.i32(0);
      code.op(Op.I32LtS);
    }
    if (this.source === Source.Explicit) this.invertBy(SF_BIT);
  }

  private parity(): void {
    const { code } = this;
    code.get(Local.FlagResult);
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

  /** A bit of `flagAux`, or the CF that INC and DEC keep. */
  private auxiliary(bit: number): void {
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
  private carry(): void {
    const { code } = this;
    switch (this.source) {
      case Source.Logic:
        return code.i32(0);
      case Source.Explicit:
      case Source.Inc:
      case Source.Dec:
        return this.auxiliary(CF_BIT);
      case Source.Add:
        this.operand(Local.FlagResult);
        this.operand(Local.FlagLeft);
        return code.op(this.width === QWORD ? Op.I64LtU : Op.I32LtU);
      case Source.Sub:
        return this.compareOperands([Op.I32LtU, Op.I64LtU], false);
      default:
        return this.carryOfChain();
    }
  }

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
    code.get(Local.FlagResult);
    if (!isBorrow) this.invert();
    code.op(Op.I64And);
    code.op(Op.I64Or);
    this.topBit();
  }

  private invert(): void {
    this.code.i64(-1);
    this.code.op(Op.I64Xor);
  }

  private overflow(): void {
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
    this.operand(Local.FlagResult);
    if (width === QWORD) {
      code.i64(largest ? -1 : 0, largest ? 0x7fffffff : -0x80000000);
      code.op(Op.I64Eq);
      return;
    }
    const smallest = 2 ** ((8 << width) - 1);
    code.i32(largest ? smallest - 1 : smallest);
    code.op(Op.I32Eq);
  }
}

/**
 * What the compiler knows of the status flags at a point of the code, and conditions made of it.
 *
 * An operation leaves its operands and its result in locals. Flags are computed from them where somebody asks, and settled
 * in the state where the interpreter or a core function may ask. Where paths meet, a local says at run time what the
 * operation was.
 */
import { FlagKind } from '../../assembly/abi/flag-kind.js';
import { Width } from '../../assembly/abi/width.js';
import type { CodeWriter } from './code-writer.js';
import { Import, type StateAddresses } from './core-layout.js';
import { CF_BIT, FlagValues, OF_BIT, Source } from './flag-values.js';
import { Local } from './locals.js';
import { signExtend } from './sign-extension.js';
import { Op, Type } from './wasm-opcodes.js';

const AF_BIT = 4;

export class LazyFlags extends FlagValues {
  constructor(
    code: CodeWriter,
    private readonly addresses: StateAddresses,
  ) {
    super(code);
  }

  set(source: Source, width = Width.Qword): void {
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
    this.holds(n >> 1);
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
      signExtend(code, this.width);
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
}

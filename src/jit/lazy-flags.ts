/**
 * Status flags of compiled code, and conditions made of them.
 *
 * An operation leaves its operands and its result in locals (flag-state.ts). Flags are computed from them where somebody asks, and
 * settled in the state where the interpreter or a core function may ask. Where paths meet, or the region is left, what they are
 * made of is put into cells of memory (flag-cells.ts).
 */
import { Import } from './core-layout.js';
import { FlagCells } from './flag-cells.js';
import { CF_BIT, isRotation, OF_BIT, Source } from './flag-values.js';
import { Local } from './locals.js';
import { signExtend } from './sign-extension.js';
import { Op } from './wasm-opcodes.js';

const AF_BIT = 4;

export class LazyFlags extends FlagCells {
  /** Before the code of a micro-op that keeps flags. */
  beginStep(source: Source): void {
    if (this.isStep && isRotation(source) !== this.isRotation) this.makeExplicit();
  }

  /** Goes to where paths meet. What is in the cells there has no rotation, so that another may follow. */
  meet(): void {
    if (this.isRotation) this.makeExplicit();
    this.publish();
  }

  /** Writes the flags to the state. */
  settle(): void {
    if (this.source === Source.Settled) return;
    this.publish();
    this.code.call(Import.SettleFlags);
    this.set(Source.Settled);
  }

  /** Pushes 1 if condition `n` holds, else 0 (i32). */
  condition(n: number): void {
    const { code } = this;
    if (this.isRotation) this.makeExplicit();
    if (this.isUncertain) this.settle();
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
    if (!this.isUncertain) return this.carry();
    this.publish();
    this.set(Source.Unknown);
    code.call(Import.CarryOf);
  }

  protected override carryBefore(): void {
    const { state } = this;
    this.restore(state.before!);
    this.pushCarry();
    this.restore(state);
  }

  /** Brings the flags into the explicit form, so that some of them can be replaced. */
  makeExplicit(): void {
    const { code } = this;
    if (this.isRotation) return this.makeRotationExplicit();
    if (this.isUncertain) this.settle();
    if (this.source === Source.Settled) {
      code.i32(0);
      code.memory(Op.I64Load, this.addresses.flagResult);
      code.set(Local.FlagResult);
      this.loadAuxiliary();
      code.op(Op.I64ExtendI32U);
      code.set(Local.FlagRight);
    } else if (this.source !== Source.Explicit) {
      if (this.source === Source.Logic) code.i64(0);
      else this.auxiliaryOfOperation();
      code.set(Local.FlagRight);
      code.get(this.resultLocal);
      signExtend(code, this.width);
      code.set(Local.FlagResult);
    }
    this.set(Source.Explicit);
  }

  private makeRotationExplicit(): void {
    const { code, state } = this;
    this.restore(state.before!);
    this.makeExplicit();
    this.restore(state);
    code.get(Local.FlagRight);
    code.i64(~((1 << CF_BIT) | (1 << OF_BIT)));
    code.op(Op.I64And);
    this.carry();
    this.overflow();
    code.i32(OF_BIT);
    code.op(Op.I32Shl);
    code.op(Op.I32Or);
    code.op(Op.I64ExtendI32U);
    code.op(Op.I64Or);
    code.set(Local.FlagRight);
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
    code.get(this.resultLocal);
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

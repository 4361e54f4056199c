/**
 * The cells of memory that flags are put into where paths meet and where a region is left (abi/flag-kind.ts): two stores and a
 * constant on the way out cost less than locals that are kept for it on every way.
 *
 * Where a loop turns nothing is stored if its flags can be made of registers. The first time around they are in the cells: a cell
 * tells how many instructions might still be run when the loop was entered, and every turn runs some.
 */
import {
  FlagCell,
  FlagKind,
  FlagRotation,
  FlagStep,
  MissingFlag,
  ROTATION_SHIFT,
  STEP_SHIFT,
} from '../../assembly/abi/flag-kind.js';
import { Width } from '../../assembly/abi/width.js';
import type { CodeWriter } from './code-writer.js';
import type { StateAddresses } from './core-layout.js';
import { type FlagForm, isSameForm, isSumOrDifference, type Place } from './flag-form.js';
import { KnownFlags } from './flag-state.js';
import { isRotation, Source } from './flag-values.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';

/** Bits of a kind below those of a step, or a rotation. */
const BELOW_STEP = (1 << STEP_SHIFT) - 1;
const BELOW_ROTATION = (1 << ROTATION_SHIFT) - 1;

/** Each of a form's values: its local, its cell, and what says that it is missing there. */
const VALUES = [
  { name: 'result', local: Local.FlagResult, cell: FlagCell.Result, missing: MissingFlag.Result },
  { name: 'left', local: Local.FlagLeft, cell: FlagCell.Left, missing: MissingFlag.Left },
  { name: 'right', local: Local.FlagRight, cell: FlagCell.Right, missing: MissingFlag.Right },
] as const;
type Value = (typeof VALUES)[number];

/** What INC, DEC or a rotation adds to a kind. */
function stepOf(source: Source, width: Width): number {
  if (source === Source.Inc) return (FlagStep.Inc8 + width) << STEP_SHIFT;
  if (source === Source.Dec) return (FlagStep.Dec8 + width) << STEP_SHIFT;
  const first = source === Source.Rol ? FlagRotation.Rol32 : FlagRotation.Ror32;
  return (first + width - Width.Dword) << ROTATION_SHIFT;
}

export abstract class FlagCells extends KnownFlags {
  constructor(
    code: CodeWriter,
    protected readonly addresses: StateAddresses,
  ) {
    super(code);
    this.source = Source.Settled;
  }

  /** No loop has been entered with flags in the cells. */
  begin(): void {
    const { code } = this;
    code.i32(0);
    code.i32(-1);
    code.memory(Op.I32Store, this.addresses.flagCells + FlagCell.Remaining);
  }

  /** What a loop begins with whose flags have that form when it turns. */
  turn(form: FlagForm): void {
    this.recall(form);
    this.restore({ ...form, turned: 0 });
  }

  /** The locals of a form, from its places. */
  private recall({ source, left, right, result, before }: FlagForm): void {
    const { code } = this;
    const isStep = before !== undefined;
    for (const [place, local] of [
      [left, Local.FlagLeft],
      [right, Local.FlagRight],
      [result, isStep ? Local.StepResult : Local.FlagResult],
    ] as const) {
      if (place === undefined) continue;
      this.push(place, local);
      code.set(local);
    }
    if (isStep) return this.recall(before);
    if (!isSumOrDifference(source)) return;
    const isSum = source === Source.Add;
    if (left === undefined) this.derive(Local.FlagLeft, Local.FlagResult, !isSum, Local.FlagRight);
    else if (result === undefined) this.derive(Local.FlagResult, Local.FlagLeft, isSum, Local.FlagRight);
    else if (isSum) this.derive(Local.FlagRight, Local.FlagResult, false, Local.FlagLeft);
    else this.derive(Local.FlagRight, Local.FlagLeft, false, Local.FlagResult);
  }

  private derive(local: Local, first: Local, isSum: boolean, second: Local): void {
    const { code } = this;
    code.get(first);
    code.get(second);
    code.op(isSum ? Op.I64Add : Op.I64Sub);
    code.set(local);
  }

  /** Enters a loop, or turns, where flags of a form need no more said. */
  enter(form: FlagForm | undefined): void {
    const { code } = this;
    if (form !== undefined && this.turned === undefined && isSameForm(this.state, form)) return;
    this.meet();
    if (form === undefined) return;
    code.i32(0);
    code.get(Local.Remaining);
    code.memory(Op.I32Store, this.addresses.flagCells + FlagCell.Remaining);
  }

  /** Goes to where paths meet. */
  abstract meet(): void;

  /** The `FlagKind` of this knowledge. */
  private get kind(): FlagKind {
    switch (this.source) {
      case Source.Add:
      case Source.Adc:
        return FlagKind.Add8 + this.width;
      case Source.Sub:
      case Source.Sbb:
        return FlagKind.Sub8 + this.width;
      case Source.Logic:
        return FlagKind.Logic8 + this.width;
      case Source.Explicit:
        return FlagKind.Explicit;
      default:
        return FlagKind.Settled;
    }
  }

  /** Puts into the cells what the flags are made of, for a place that does not know what this one does. */
  publish(): void {
    const { code, turned } = this;
    if (this.source === Source.Unknown) return;
    if (turned !== undefined) {
      this.pushCell(Op.I32Load, FlagCell.Remaining);
      code.get(Local.Remaining);
      code.i32(turned);
      code.op(Op.I32Add);
      code.op(Op.I32Ne);
      code.block(Op.If);
    }
    if (this.isStep) this.publishStep();
    else this.publishOperation(0);
    if (turned !== undefined) code.op(Op.End);
  }

  private publishStep(): void {
    const { code, addresses, width } = this;
    const { state } = this;
    const { flagCells } = addresses;
    const step = stepOf(this.source, width);
    this.restore(state.before!);
    if (!this.isUncertain) this.publishOperation(step);
    else {
      this.publish();
      code.i32(0);
      this.pushCell(Op.I32Load, FlagCell.Kind);
      code.i32(isRotation(state.source) ? BELOW_ROTATION : BELOW_STEP);
      code.op(Op.I32And);
      code.i32(step);
      code.op(Op.I32Or);
      code.memory(Op.I32Store, flagCells + FlagCell.Kind);
    }
    this.restore(state);
    code.i32(0);
    this.push(state.result, Local.StepResult);
    code.memory(Op.I64Store, flagCells + (this.isRotation ? FlagCell.Rotation : FlagCell.Step));
  }

  private publishOperation(step: number): void {
    const { code, places } = this;
    const { flagCells } = this.addresses;
    const values = this.values();
    const missing = isSumOrDifference(this.source)
      ? VALUES.find((value) => !values.includes(value))!.missing
      : 0;
    code.i32(0);
    code.i32(this.kind | missing | step);
    code.memory(Op.I32Store, flagCells + FlagCell.Kind);
    for (const { name, local, cell } of values) {
      code.i32(0);
      this.push(places[name], local);
      code.memory(Op.I64Store, flagCells + cell);
    }
  }

  /** What of the operation must be known: of a sum or difference two, the third being what is nowhere else. */
  private values(): readonly Value[] {
    const [result, , right] = VALUES;
    switch (this.source) {
      case Source.Add:
      case Source.Sub: {
        const spare = VALUES.find(({ name }) => this.places[name] === undefined) ?? result;
        return VALUES.filter((value) => value !== spare);
      }
      case Source.Adc:
      case Source.Sbb:
        return VALUES;
      case Source.Logic:
        return [result];
      case Source.Settled:
        return [];
      default:
        return [result, right];
    }
  }

  /** Pushes a value, with whatever bits above its width. */
  private push(place: Place | undefined, local: Local): void {
    const { code } = this;
    if (place === undefined) return code.get(local);
    if ('low' in place) return code.i64(place.low, place.high);
    code.get(place.register >> 3);
    if ((place.register & 7) === 0) return;
    code.i64(8 * (place.register & 7));
    code.op(Op.I64ShrU);
  }

  private pushCell(op: Op, cell: FlagCell): void {
    this.code.i32(0);
    this.code.memory(op, this.addresses.flagCells + cell);
  }
}

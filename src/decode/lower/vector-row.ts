/**
 * Rows for vector instructions: the legacy SSE form (two operands, the upper half of the destination kept) and the VEX form
 * (three operands, the upper half zeroed, 256 bits) of one operation.
 */
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp } from '../../../assembly/abi/vector-op.js';
import { VectorAlignment, VectorForm, VectorRegister } from '../../../assembly/abi/vector-register.js';
import { Width } from '../../../assembly/abi/width.js';
import type { Mnemonic } from '../iced-enums.js';
import { requireAvx, requireSse } from './availability.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';

/** log2 of the bytes of XMM and YMM registers. */
export const XMM_WIDTH = 4;
export const YMM_WIDTH = 5;
const FORM_SHIFT = 16;
/** Where the upper half of a micro-op's immediate has `immediateShift`. */
const IMMEDIATE_SHIFT = 8;

/** An operation with one or two sources, `op` of the family `uop`. */
export interface BinaryVector {
  readonly legacy?: number;
  readonly vex?: number;
  readonly op: number;
  /** log2 of the bytes of an operand in memory, where that is less than a register. Such operands need not be aligned. */
  readonly memoryWidth?: number;
  /** What the legacy form demands of an operand in memory, if that is not the usual. */
  readonly alignment?: VectorAlignment;
  /** Zen 4 reads only the low half of an operand in memory of the legacy form; it must be aligned all the same. */
  readonly usesLowHalf?: boolean;
  /** How far the bits of the imm8 for the upper half lie above those for the lower. */
  readonly immediateShift?: number;
}

/** The legacy and the VEX form of one operation. */
export function both(legacy: Mnemonic, vex: Mnemonic, op: VectorOp): BinaryVector {
  return { legacy, vex, op };
}

/** Rows for both forms of each operation of the family `uop`: `Uop.Vector` or `Uop.Float`. */
export function binaryRows(uop: Uop, operations: readonly BinaryVector[]): LoweringRows {
  const rows: (readonly [number, Lowering])[] = [];
  for (const operation of operations) {
    const { legacy, vex } = operation;
    if (legacy !== undefined) rows.push([legacy, (context) => lowerLegacy(context, uop, operation)]);
    if (vex !== undefined) rows.push([vex, (context) => lowerVex(context, uop, operation)]);
  }
  return rows;
}

/** One lowering if that operand is an immediate, another if it is not. */
export function ifImmediate(operand: number, lowering: Lowering, otherwise: Lowering): Lowering {
  return (context) => (context.instruction.isImmediate(operand) ? lowering : otherwise)(context);
}

export function lowerLegacy(context: LoweringContext, uop: Uop, operation: BinaryVector): void {
  const { op, memoryWidth, usesLowHalf } = operation;
  if (!requireSse(context)) return;
  const to = context.instruction.register(0);
  // A shift by an immediate has no other source.
  const last = context.instruction.isImmediate(1) ? 0 : 1;
  const width = usesLowHalf === true ? Width.Qword : (memoryWidth ?? XMM_WIDTH);
  const second = readVector(context, last, width, legacyAlignment(operation));
  emitVector(context, uop, op, VectorForm.Legacy, to, to, second, immediateOf(context, last + 1));
}

function legacyAlignment({ alignment, memoryWidth }: BinaryVector): VectorAlignment {
  if (alignment !== undefined) return alignment;
  return memoryWidth === undefined ? VectorAlignment.UnlessMisalignedMode : VectorAlignment.None;
}

/** The second source is the last operand but for an immediate. */
export function lowerVex(context: LoweringContext, uop: Uop, operation: BinaryVector): void {
  const { instruction } = context;
  const form = requireVexForm(context);
  if (form === undefined) return;
  const last = instruction.isMemory(2) || instruction.isVectorRegister(2) ? 2 : 1;
  const width = operation.memoryWidth ?? widthOf(form);
  const second = readVector(context, last, width, VectorAlignment.None);
  const first = last === 2 ? instruction.register(1) : second;
  const immediate = immediateOf(context, last + 1) | ((operation.immediateShift ?? 0) << IMMEDIATE_SHIFT);
  emitVector(context, uop, operation.op, form, instruction.register(0), first, second, immediate);
}

/** The form of a VEX-encoded instruction by its first operand; undefined if it is not available. */
export function requireVexForm(context: LoweringContext): VectorForm.Vex128 | VectorForm.Vex256 | undefined {
  if (!requireAvx(context)) return undefined;
  return context.instruction.width(0) === YMM_WIDTH ? VectorForm.Vex256 : VectorForm.Vex128;
}

export function widthOf(form: VectorForm): number {
  return form === VectorForm.Vex256 ? YMM_WIDTH : XMM_WIDTH;
}

/** The vector register that holds an operand: its own, or a temporary after a load of `1 << width` bytes. */
export function readVector(
  context: LoweringContext,
  operand: number,
  width: number,
  alignment: VectorAlignment,
  temporary = VectorRegister.T0,
): number {
  if (!context.instruction.isMemory(operand)) return context.instruction.register(operand);
  context.memory.resolve(1 << width, false, alignment);
  context.memory.loadVector(temporary, width, alignment);
  return temporary;
}

/** Emits operation `op` of a family of vector micro-ops. */
export function emitVector(
  context: LoweringContext,
  uop: Uop,
  op: number,
  form: VectorForm,
  to: number,
  first: number,
  second: number,
  immediate = 0,
  third = 0,
): void {
  context.emit(uop, to, first, second, third, op | (form << FORM_SHIFT), immediate);
}

/** The imm8 in that operand, or 0 if there is none. */
export function immediateOf(context: LoweringContext, operand: number): number {
  const { instruction } = context;
  return instruction.isImmediate(operand) ? instruction.immediateLow(operand) & 0xff : 0;
}

/** What MOVAPS and its like do: load, store or copy of a whole register. */
export function moveRow(alignment: VectorAlignment): Lowering {
  return (context) => {
    if (requireSse(context)) move(context, alignment, VectorForm.Legacy, XMM_WIDTH);
  };
}

export function moveRowVex(alignment: VectorAlignment): Lowering {
  return (context) => {
    const isWide = context.instruction.width(0) === YMM_WIDTH || context.instruction.width(1) === YMM_WIDTH;
    if (!requireAvx(context)) return;
    if (isWide) move(context, alignment, VectorForm.Vex256, YMM_WIDTH);
    else move(context, alignment, VectorForm.Vex128, XMM_WIDTH);
  };
}

function move(context: LoweringContext, alignment: VectorAlignment, form: VectorForm, width: number): void {
  const { instruction } = context;
  if (instruction.isMemory(0)) {
    context.memory.resolve(1 << width, true, alignment);
    context.memory.storeVector(instruction.register(1), width, alignment);
    return;
  }
  const to = instruction.register(0);
  // A load clears what it does not fill, as VEX forms do.
  const isDirect = form !== VectorForm.Legacy && instruction.isMemory(1);
  const source = readVector(context, 1, width, alignment, isDirect ? to : VectorRegister.T0);
  if (!isDirect) emitVector(context, Uop.Vector, VectorOp.Move, form, to, source, source);
}

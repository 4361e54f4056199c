/** Rows for floating-point instructions: their formats, and the forms that only they have. */
import {
  FLOAT_FORMAT_SHIFT,
  FloatFormat,
  FloatOp,
  FUSED_ORDER_SHIFT,
  type FusedOrder,
} from '../../../assembly/abi/float-op.js';
import { Reg } from '../../../assembly/abi/register.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorAlignment, VectorForm, VectorRegister } from '../../../assembly/abi/vector-register.js';
import { Width } from '../../../assembly/abi/width.js';
import { requireAvx, requireSse } from './availability.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';
import { binaryRows, emitVector, immediateOf, readVector, XMM_WIDTH, YMM_WIDTH } from './vector-row.js';

/** A floating-point operation, and the instructions that are its legacy and its VEX form. */
export interface FloatInstruction {
  readonly legacy?: number;
  readonly vex: number;
  readonly op: FloatOp;
  readonly format: FloatFormat;
}

function operationOf({ op, format }: { op: FloatOp; format: FloatFormat }): number {
  return op | (format << FLOAT_FORMAT_SHIFT);
}

function isPacked(format: FloatFormat): boolean {
  return format >= FloatFormat.PackedSingle;
}

/** log2 of the bytes of a scalar. */
function scalarWidth(format: FloatFormat): number {
  return format === FloatFormat.ScalarSingle ? Width.Dword : Width.Qword;
}

/** A scalar: its register, or a temporary after a load of no more than its own bytes. */
function readScalar(context: LoweringContext, operand: number, format: FloatFormat): number {
  return readVector(context, operand, scalarWidth(format), VectorAlignment.None);
}

/** An available legacy or VEX instruction, by `lower` with its form. */
function bothForms(
  instruction: FloatInstruction,
  lower: (context: LoweringContext, form: VectorForm) => void,
): LoweringRows {
  const { legacy, vex } = instruction;
  const rows: (readonly [number, Lowering])[] = [
    [vex, (context) => requireAvx(context) && lower(context, VectorForm.Vex128)],
  ];
  if (legacy !== undefined) {
    rows.push([legacy, (context) => requireSse(context) && lower(context, VectorForm.Legacy)]);
  }
  return rows;
}

/** Lane by lane: a ← b op c. */
export function floatRows(instructions: readonly FloatInstruction[]): LoweringRows {
  return instructions.flatMap((instruction) => {
    const op = operationOf(instruction);
    if (isPacked(instruction.format)) return binaryRows(Uop.Float, [{ ...instruction, op }]);
    return bothForms(instruction, (context, form) => lowerScalar(context, form, op, instruction.format));
  });
}

/** VEX has the register that gives the rest as an operand of its own. */
function lowerScalar(context: LoweringContext, form: VectorForm, op: number, format: FloatFormat): void {
  const { instruction } = context;
  const last = form === VectorForm.Legacy ? 1 : 2;
  const second = readScalar(context, last, format);
  const first = instruction.register(last - 1);
  emitVector(
    context,
    Uop.Float,
    op,
    form,
    instruction.register(0),
    first,
    second,
    immediateOf(context, last + 1),
  );
}

/** COMISS and its like. */
export function flagRows(instructions: readonly FloatInstruction[]): LoweringRows {
  return instructions.flatMap((instruction) =>
    bothForms(instruction, (context, form) => {
      const second = readScalar(context, 1, instruction.format);
      const first = context.instruction.register(0);
      emitVector(context, Uop.Float, operationOf(instruction), form, first, first, second);
    }),
  );
}

/** FMA3: all operands are sources, the first is the destination. */
export function fusedRow(op: FloatOp, format: FloatFormat, order: FusedOrder): Lowering {
  const operation = operationOf({ op, format }) | (order << FUSED_ORDER_SHIFT);
  return (context) => {
    if (!requireAvx(context)) return;
    const { instruction } = context;
    const isWide = instruction.width(0) === YMM_WIDTH;
    const width = isWide ? YMM_WIDTH : XMM_WIDTH;
    const third = isPacked(format)
      ? readVector(context, 2, width, VectorAlignment.None)
      : readScalar(context, 2, format);
    const form = isWide ? VectorForm.Vex256 : VectorForm.Vex128;
    emitVector(context, Uop.Float, operation, form, instruction.register(0), instruction.register(1), third);
  };
}

/** A packed conversion. `widening` is 1 if its source is half as wide as its result, -1 if it is twice as wide, else 0. */
export interface PackedConversion {
  readonly legacy?: number;
  readonly vex: number;
  readonly op: FloatOp;
  readonly widening: -1 | 0 | 1;
}

export function conversionRows(conversions: readonly PackedConversion[]): LoweringRows {
  return conversions.flatMap((conversion) => {
    const { legacy, vex } = conversion;
    const rows: (readonly [number, Lowering])[] = [
      [vex, (context) => requireAvx(context) && lowerVexConversion(context, conversion)],
    ];
    if (legacy !== undefined) {
      const lower = (context: LoweringContext) => lowerConversion(context, VectorForm.Legacy, conversion);
      rows.push([legacy, (context) => requireSse(context) && lower(context)]);
    }
    return rows;
  });
}

/** 256 bits are those of the wider of source and result. */
function lowerVexConversion(context: LoweringContext, conversion: PackedConversion): void {
  const { instruction } = context;
  const isWide = instruction.width(conversion.widening < 0 ? 1 : 0) === YMM_WIDTH;
  lowerConversion(context, isWide ? VectorForm.Vex256 : VectorForm.Vex128, conversion);
}

function lowerConversion(
  context: LoweringContext,
  form: VectorForm,
  { op, widening }: PackedConversion,
): void {
  const to = context.instruction.register(0);
  const width = (form === VectorForm.Vex256 ? YMM_WIDTH : XMM_WIDTH) - (widening > 0 ? 1 : 0);
  const isAligned = form === VectorForm.Legacy && width === XMM_WIDTH;
  const alignment = isAligned ? VectorAlignment.UnlessMisalignedMode : VectorAlignment.None;
  const source = readVector(context, 1, width, alignment);
  emitVector(context, Uop.Float, op, form, to, to, source);
}

/** VCVTPS2PH: the destination may be memory, half as wide as the source; it must be writable before anything is signalled. */
export function packHalfRow(context: LoweringContext): void {
  if (!requireAvx(context)) return;
  const { instruction, memory } = context;
  const form = instruction.width(1) === YMM_WIDTH ? VectorForm.Vex256 : VectorForm.Vex128;
  const source = instruction.register(1);
  const immediate = immediateOf(context, 2);
  const isStore = instruction.isMemory(0);
  const width = form === VectorForm.Vex256 ? XMM_WIDTH : Width.Qword;
  if (isStore) {
    memory.resolve(1 << width, true);
    for (let at = 0; at < 1 << width; at += 8) memory.loadForWrite(Reg.T0, Width.Qword, at);
    // Only a load of all 16 bytes demands their alignment under RFLAGS.AC.
    if (width === XMM_WIDTH) memory.loadVector(VectorRegister.T0, width, VectorAlignment.None);
  }
  const to = isStore ? VectorRegister.T0 : instruction.register(0);
  emitVector(context, Uop.Float, FloatOp.CvtPs2Ph, form, to, source, source, immediate);
  if (isStore) memory.storeVector(to, width, VectorAlignment.None);
}

/** The operation on 64-bit integers follows that on 32-bit ones. */
function ofWidth(op: FloatOp, width: number): FloatOp {
  return width === Width.Qword ? op + 1 : op;
}

/** CVTSI2SS, CVTSI2SD: from a general register or memory, of 32 or 64 bits. */
export function fromRegisterRows(instructions: readonly FloatInstruction[]): LoweringRows {
  return instructions.flatMap((instruction) =>
    bothForms(instruction, (context, form) => {
      const last = form === VectorForm.Legacy ? 1 : 2;
      const width = context.instruction.width(last);
      const source = context.read(last, width, Reg.T0);
      const op = ofWidth(instruction.op, width);
      const operation = operationOf({ op, format: instruction.format });
      const first = context.instruction.register(last - 1);
      emitVector(context, Uop.Float, operation, form, context.instruction.register(0), first, source);
    }),
  );
}

/** CVTSS2SI and its like: to a general register of 32 or 64 bits. */
export function toRegisterRows(instructions: readonly FloatInstruction[]): LoweringRows {
  return instructions.flatMap((instruction) =>
    bothForms(instruction, (context, form) => {
      const source = readScalar(context, 1, instruction.format);
      const to = context.instruction.register(0);
      const op = ofWidth(instruction.op, context.instruction.width(0));
      emitVector(
        context,
        Uop.Float,
        operationOf({ op, format: instruction.format }),
        form,
        to,
        source,
        source,
      );
    }),
  );
}

/** LDMXCSR and VLDMXCSR, STMXCSR and VSTMXCSR. */
export function loadMxcsr(context: LoweringContext): void {
  context.memory.resolve(1 << Width.Dword, false);
  context.memory.load(Reg.T0, Width.Dword);
  context.emit(Uop.Float, 0, 0, 0, 0, FloatOp.LoadMxcsr, 0);
}

export function storeMxcsr(context: LoweringContext): void {
  context.emit(Uop.Float, 0, 0, 0, 0, FloatOp.StoreMxcsr, 0);
  context.memory.resolve(1 << Width.Dword, true);
  context.memory.store(Reg.T0, Width.Dword);
}

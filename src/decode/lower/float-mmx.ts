/**
 * Conversions between floating-point numbers in XMM registers and integers in MMX registers (APM vol 5).
 *
 * An exception that the x87 unit holds back comes first, as with every MMX instruction. x87 state changes once the operand
 * is read, even if #XF follows.
 */
import { FloatOp } from '../../../assembly/abi/float-op.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp } from '../../../assembly/abi/vector-op.js';
import { VectorAlignment, VectorForm, VectorRegister } from '../../../assembly/abi/vector-register.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import { requireSse } from './availability.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';
import { emitVector, readVector, XMM_WIDTH } from './vector-row.js';

const { Legacy, Mmx } = VectorForm;
const { None, UnlessMisalignedMode } = VectorAlignment;
const { T0, T1 } = VectorRegister;

/** T0 ← the two integers of the second operand; the rest is zero. Integers in memory have nothing to do with x87. */
function readIntegers(context: LoweringContext): void {
  const { instruction } = context;
  if (instruction.isMemory(1)) {
    readVector(context, 1, Width.Qword, None, T0);
  } else {
    context.emit(Uop.MmxCheck);
    context.emit(Uop.MmxRead, T0, instruction.register(1));
    context.emit(Uop.MmxEnter);
  }
}

function fromIntegers(op: FloatOp, finish: (context: LoweringContext, to: number) => void): Lowering {
  return (context) => {
    if (!requireSse(context)) return;
    readIntegers(context);
    emitVector(context, Uop.Float, op, Legacy, T1, T1, T0);
    finish(context, context.instruction.register(0));
  };
}

const toSingle = fromIntegers(FloatOp.CvtDq2Ps, (context, to) => {
  emitVector(context, Uop.Vector, VectorOp.MoveLow64, Legacy, to, to, T1);
});

const toDouble = fromIntegers(FloatOp.CvtDq2Pd, (context, to) => {
  emitVector(context, Uop.Vector, VectorOp.Move, Legacy, to, T1, T1);
});

/** The MMX register ← the integers of `source`. */
function toIntegers(context: LoweringContext, op: FloatOp, source: number): void {
  context.emit(Uop.MmxEnter);
  emitVector(context, Uop.Float, op, Legacy, T1, T1, source);
  emitVector(context, Uop.Vector, VectorOp.Move, Mmx, context.instruction.register(0), T1, T1);
}

/** Only the lower half of the source counts. */
function fromSingle(op: FloatOp): Lowering {
  return (context) => {
    if (!requireSse(context)) return;
    context.emit(Uop.MmxCheck);
    const source = readVector(context, 1, Width.Qword, None, T0);
    emitVector(context, Uop.Vector, VectorOp.MoveZero64, Legacy, T0, source, source);
    toIntegers(context, op, T0);
  };
}

function fromDouble(op: FloatOp): Lowering {
  return (context) => {
    if (!requireSse(context)) return;
    context.emit(Uop.MmxCheck);
    const source = readVector(context, 1, XMM_WIDTH, UnlessMisalignedMode, T0);
    toIntegers(context, op, source);
  };
}

export const FLOAT_MMX: LoweringRows = [
  [Mnemonic.Cvtpi2ps, toSingle],
  [Mnemonic.Cvtpi2pd, toDouble],
  [Mnemonic.Cvtps2pi, fromSingle(FloatOp.CvtPs2Dq)],
  [Mnemonic.Cvttps2pi, fromSingle(FloatOp.CvttPs2Dq)],
  [Mnemonic.Cvtpd2pi, fromDouble(FloatOp.CvtPd2Dq)],
  [Mnemonic.Cvttpd2pi, fromDouble(FloatOp.CvttPd2Dq)],
];

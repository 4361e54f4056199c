/**
 * MMX: everything that names an MMX register (APM vol 5; vol 1 §5).
 *
 * The operations are those of vectors, run on 64 bits. An exception that the x87 unit holds back comes before everything
 * else, even before the faults of an operand in memory; x87 state changes only when nothing can fault any more.
 */
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp, VectorWholeOp } from '../../../assembly/abi/vector-op.js';
import { VectorAlignment, VectorForm, VectorRegister } from '../../../assembly/abi/vector-register.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import { requireMmx, requireSse } from './availability.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';
import { storeSelected } from './masked-store.js';
import { emitVector, immediateOf } from './vector-row.js';

const { Legacy, Mmx, MmxPaired, MmxUpper } = VectorForm;
const { T0, T1 } = VectorRegister;
/** Lanes of 16 bits in an MMX register, less one. */
const WORD_INDEX = 3;

/** Rows with the checks that every MMX instruction begins with. */
function rows(...instructions: LoweringRows): LoweringRows {
  return instructions.map(([mnemonic, lowering]) => [mnemonic, checked(lowering, requireMmx)]);
}

function checked(lowering: Lowering, isAvailable: (context: LoweringContext) => boolean): Lowering {
  return (context) => {
    if (!isAvailable(context)) return;
    context.emit(Uop.MmxCheck);
    lowering(context);
  };
}

/** Also with an XMM register. */
function withXmm(lowering: Lowering): Lowering {
  return checked(lowering, requireSse);
}

/** The MMX register that holds an operand, or the temporary that it was loaded to. */
function read(context: LoweringContext, operand: number, width: number = Width.Qword): number {
  const { instruction, memory } = context;
  if (!instruction.isMemory(operand)) return instruction.register(operand);
  memory.resolve(1 << width, false);
  memory.loadVector(T0, width, VectorAlignment.None);
  return T0;
}

/** First operand ← first op second. */
function binary(op: VectorOp, form = Mmx, width?: number): Lowering {
  return (context) => {
    const to = context.instruction.register(0);
    const second = read(context, 1, width);
    emitVector(context, Uop.Vector, op, form, to, to, second, immediateOf(context, 2));
  };
}

/** On neighbours or halves: those of the first operand give the lower half of the result. */
function paired(op: VectorOp): Lowering {
  return binary(op, MmxPaired);
}

/** The lower half of an operand in memory is all that these look at. */
function unpackLow(op: VectorOp): Lowering {
  return binary(op, Mmx, Width.Dword);
}

/** What unpacks the lower halves of 128 bits has what the upper halves of 64 bits give in its upper half. */
function unpackHigh(op: VectorOp): Lowering {
  return binary(op, MmxUpper);
}

/** Shifts all lanes by an immediate, or by the whole second operand. */
function shift(op: VectorOp, byOp: VectorOp): Lowering {
  return (context) => {
    const to = context.instruction.register(0);
    if (context.instruction.isImmediate(1)) {
      emitVector(context, Uop.Vector, op, Mmx, to, to, to, immediateOf(context, 1));
    } else {
      emitVector(context, Uop.Vector, byOp, Mmx, to, to, to, 0, read(context, 1));
    }
  };
}

/** 64 bits of first:second from byte imm8 on. */
function palignr(context: LoweringContext): void {
  const to = context.instruction.register(0);
  const low = read(context, 1);
  emitVector(context, Uop.Vector, VectorOp.ShiftRightBytes, MmxPaired, to, low, to, immediateOf(context, 2));
}

/** MOVD and MOVQ, both ways. */
function move(width: Width): Lowering {
  return (context) => {
    const { instruction } = context;
    if (!instruction.isMmxRegister(0)) {
      storeMmx(context, width);
      return;
    }
    const isGeneral = !instruction.isMemory(1) && !instruction.isMmxRegister(1);
    if (isGeneral) readGeneral(context, width);
    const source = isGeneral ? T0 : read(context, 1, width);
    emitVector(context, Uop.Vector, VectorOp.Move, Mmx, instruction.register(0), source, source);
  };
}

/** T0 ← the general register that is the second operand. */
function readGeneral(context: LoweringContext, width: Width): void {
  context.emit(Uop.MovToVector32 + width - Width.Dword, T0, context.instruction.register(1));
}

/** Memory or a general register ← low bits of the MMX register that is the second operand. */
function storeMmx(context: LoweringContext, width: Width): void {
  const { instruction, memory } = context;
  context.emit(Uop.MmxRead, T0, instruction.register(1));
  if (instruction.isMemory(0)) {
    memory.resolve(1 << width, true);
    memory.storeVector(T0, width, VectorAlignment.None);
  } else {
    context.emit(Uop.MovFromVector32 + width - Width.Dword, instruction.register(0), T0);
  }
  context.emit(Uop.MmxEnter);
}

function pinsrw(context: LoweringContext): void {
  const { instruction } = context;
  const to = instruction.register(0);
  if (instruction.isMemory(1)) read(context, 1, Width.Word);
  else readGeneral(context, Width.Dword);
  emitVector(context, Uop.Vector, VectorOp.Insert16, Mmx, to, to, T0, immediateOf(context, 2) & WORD_INDEX);
}

/** A general register ← what `reduce` makes of an MMX register in T0. */
function toGeneral(reduce: Lowering): Lowering {
  return (context) => {
    const { instruction } = context;
    context.emit(Uop.MmxRead, T0, instruction.register(1));
    reduce(context);
    context.emit(Uop.MovFromVector32, instruction.register(0), T0);
    context.emit(Uop.MmxEnter);
  };
}

const pextrw = toGeneral((context) => {
  const index = immediateOf(context, 2) & WORD_INDEX;
  emitVector(context, Uop.Vector, VectorOp.Extract16, Legacy, T0, T0, T0, index);
});

const pmovmskb = toGeneral((context) => {
  emitVector(context, Uop.VectorWhole, VectorWholeOp.Signs8, Legacy, T0, T0, T0);
});

/** Zen 4 has changed x87 state when the store faults. */
function maskmovq(context: LoweringContext): void {
  const { instruction } = context;
  context.emit(Uop.MmxRead, T0, instruction.register(1));
  context.emit(Uop.MmxRead, T1, instruction.register(2));
  context.emit(Uop.MmxEnter);
  storeSelected(context, T0, T1, 8);
}

function movq2dq(context: LoweringContext): void {
  const { instruction } = context;
  context.emit(Uop.MmxRead, T0, instruction.register(1));
  emitVector(context, Uop.Vector, VectorOp.Move, Legacy, instruction.register(0), T0, T0);
  context.emit(Uop.MmxEnter);
}

function movdq2q(context: LoweringContext): void {
  const { instruction } = context;
  const source = instruction.register(1);
  emitVector(context, Uop.Vector, VectorOp.Move, Legacy, T0, source, source);
  emitVector(context, Uop.Vector, VectorOp.Move, Mmx, instruction.register(0), T0, T0);
}

const OF_MMX = rows(
  [Mnemonic.Movd, move(Width.Dword)],
  [Mnemonic.Movq, move(Width.Qword)],
  [Mnemonic.Paddb, binary(VectorOp.Add8)],
  [Mnemonic.Paddw, binary(VectorOp.Add16)],
  [Mnemonic.Paddd, binary(VectorOp.Add32)],
  [Mnemonic.Paddsb, binary(VectorOp.AddSatS8)],
  [Mnemonic.Paddsw, binary(VectorOp.AddSatS16)],
  [Mnemonic.Paddusb, binary(VectorOp.AddSatU8)],
  [Mnemonic.Paddusw, binary(VectorOp.AddSatU16)],
  [Mnemonic.Psubb, binary(VectorOp.Sub8)],
  [Mnemonic.Psubw, binary(VectorOp.Sub16)],
  [Mnemonic.Psubd, binary(VectorOp.Sub32)],
  [Mnemonic.Psubsb, binary(VectorOp.SubSatS8)],
  [Mnemonic.Psubsw, binary(VectorOp.SubSatS16)],
  [Mnemonic.Psubusb, binary(VectorOp.SubSatU8)],
  [Mnemonic.Psubusw, binary(VectorOp.SubSatU16)],
  [Mnemonic.Pmullw, binary(VectorOp.MultiplyLow16)],
  [Mnemonic.Pmulhw, binary(VectorOp.MultiplyHighS16)],
  [Mnemonic.Pmaddwd, binary(VectorOp.MultiplyAdd16)],
  [Mnemonic.Pcmpeqb, binary(VectorOp.Equal8)],
  [Mnemonic.Pcmpeqw, binary(VectorOp.Equal16)],
  [Mnemonic.Pcmpeqd, binary(VectorOp.Equal32)],
  [Mnemonic.Pcmpgtb, binary(VectorOp.GreaterS8)],
  [Mnemonic.Pcmpgtw, binary(VectorOp.GreaterS16)],
  [Mnemonic.Pcmpgtd, binary(VectorOp.GreaterS32)],
  [Mnemonic.Pand, binary(VectorOp.And)],
  [Mnemonic.Pandn, binary(VectorOp.AndNot)],
  [Mnemonic.Por, binary(VectorOp.Or)],
  [Mnemonic.Pxor, binary(VectorOp.Xor)],
  [Mnemonic.Psllw, shift(VectorOp.ShiftLeft16, VectorOp.ShiftLeftBy16)],
  [Mnemonic.Pslld, shift(VectorOp.ShiftLeft32, VectorOp.ShiftLeftBy32)],
  [Mnemonic.Psllq, shift(VectorOp.ShiftLeft64, VectorOp.ShiftLeftBy64)],
  [Mnemonic.Psrlw, shift(VectorOp.ShiftRight16, VectorOp.ShiftRightBy16)],
  [Mnemonic.Psrld, shift(VectorOp.ShiftRight32, VectorOp.ShiftRightBy32)],
  [Mnemonic.Psrlq, shift(VectorOp.ShiftRight64, VectorOp.ShiftRightBy64)],
  [Mnemonic.Psraw, shift(VectorOp.ShiftArithmetic16, VectorOp.ShiftArithmeticBy16)],
  [Mnemonic.Psrad, shift(VectorOp.ShiftArithmetic32, VectorOp.ShiftArithmeticBy32)],
  [Mnemonic.Packsswb, paired(VectorOp.PackS16)],
  [Mnemonic.Packssdw, paired(VectorOp.PackS32)],
  [Mnemonic.Packuswb, paired(VectorOp.PackU16)],
  [Mnemonic.Punpcklbw, unpackLow(VectorOp.UnpackLow8)],
  [Mnemonic.Punpcklwd, unpackLow(VectorOp.UnpackLow16)],
  [Mnemonic.Punpckldq, unpackLow(VectorOp.UnpackLow32)],
  [Mnemonic.Punpckhbw, unpackHigh(VectorOp.UnpackLow8)],
  [Mnemonic.Punpckhwd, unpackHigh(VectorOp.UnpackLow16)],
  [Mnemonic.Punpckhdq, unpackHigh(VectorOp.UnpackLow32)],
);

const OF_SSE = rows(
  [Mnemonic.Pavgb, binary(VectorOp.AverageU8)],
  [Mnemonic.Pavgw, binary(VectorOp.AverageU16)],
  [Mnemonic.Pminub, binary(VectorOp.MinU8)],
  [Mnemonic.Pminsw, binary(VectorOp.MinS16)],
  [Mnemonic.Pmaxub, binary(VectorOp.MaxU8)],
  [Mnemonic.Pmaxsw, binary(VectorOp.MaxS16)],
  [Mnemonic.Pmulhuw, binary(VectorOp.MultiplyHighU16)],
  [Mnemonic.Psadbw, binary(VectorOp.AbsoluteDifferences)],
  [Mnemonic.Pshufw, binary(VectorOp.ShuffleLow16)],
  [Mnemonic.Pinsrw, pinsrw],
  [Mnemonic.Pextrw, pextrw],
  [Mnemonic.Pmovmskb, pmovmskb],
  [Mnemonic.Movntq, move(Width.Qword)],
  [Mnemonic.Maskmovq, maskmovq],
);

const OF_SSE2: LoweringRows = [
  ...rows(
    [Mnemonic.Paddq, binary(VectorOp.Add64)],
    [Mnemonic.Psubq, binary(VectorOp.Sub64)],
    [Mnemonic.Pmuludq, binary(VectorOp.MultiplyWideU32)],
  ),
  [Mnemonic.Movq2dq, withXmm(movq2dq)],
  [Mnemonic.Movdq2q, withXmm(movdq2q)],
];

const OF_SSSE3 = rows(
  [Mnemonic.Pabsb, binary(VectorOp.Abs8)],
  [Mnemonic.Pabsw, binary(VectorOp.Abs16)],
  [Mnemonic.Pabsd, binary(VectorOp.Abs32)],
  [Mnemonic.Psignb, binary(VectorOp.Sign8)],
  [Mnemonic.Psignw, binary(VectorOp.Sign16)],
  [Mnemonic.Psignd, binary(VectorOp.Sign32)],
  [Mnemonic.Phaddw, paired(VectorOp.AddPairs16)],
  [Mnemonic.Phaddd, paired(VectorOp.AddPairs32)],
  [Mnemonic.Phaddsw, paired(VectorOp.AddPairsSatS16)],
  [Mnemonic.Phsubw, paired(VectorOp.SubPairs16)],
  [Mnemonic.Phsubd, paired(VectorOp.SubPairs32)],
  [Mnemonic.Phsubsw, paired(VectorOp.SubPairsSatS16)],
  [Mnemonic.Pmulhrsw, binary(VectorOp.MultiplyRounded16)],
  [Mnemonic.Pmaddubsw, binary(VectorOp.MultiplyAdd8)],
  [Mnemonic.Pshufb, binary(VectorOp.ShuffleBytes)],
  [Mnemonic.Palignr, palignr],
);

/** For instructions with an MMX register; most have a namesake that has none. */
export const MMX: LoweringRows = [...OF_MMX, ...OF_SSE, ...OF_SSE2, ...OF_SSSE3];

/** Without operands: what ends MMX code. */
export const EMMS: LoweringRows = rows([Mnemonic.Emms, (context) => context.emit(Uop.MmxLeave)]);

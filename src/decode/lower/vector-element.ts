/** Moves between vectors and general registers or elements in memory (APM vol 4): MOVD, MOVSS, MOVLPS, PINSR, PEXTR, MOVMSK… */
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp, VectorWholeOp } from '../../../assembly/abi/vector-op.js';
import { VectorAlignment, VectorForm, VectorRegister } from '../../../assembly/abi/vector-register.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import { requireAvx, requireSse } from './availability.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';
import { emitVector, immediateOf, readVector, YMM_WIDTH } from './vector-row.js';

const { None } = VectorAlignment;
const { T0, T1 } = VectorRegister;
type NarrowForm = VectorForm.Legacy | VectorForm.Vex128;

type NarrowLowering = (context: LoweringContext, form: NarrowForm) => void;

function legacyRow(mnemonic: Mnemonic, lowering: NarrowLowering): LoweringRows[number] {
  return [mnemonic, (context) => requireSse(context) && lowering(context, VectorForm.Legacy)];
}

function vexRow(mnemonic: Mnemonic, lowering: NarrowLowering): LoweringRows[number] {
  return [mnemonic, (context) => requireAvx(context) && lowering(context, VectorForm.Vex128)];
}

/** Both forms of a lowering that is told which it is. */
function bothForms(legacy: Mnemonic, vex: Mnemonic, lowering: NarrowLowering): LoweringRows {
  return [legacyRow(legacy, lowering), vexRow(vex, lowering)];
}

/** Outside of 64-bit mode Zen 4 refuses VEX.W, which chooses the 64-bit element; iced ignores it there. */
function refusingW(rows: LoweringRows): LoweringRows {
  return rows.map(([mnemonic, lowering]) => [
    mnemonic,
    (context) => {
      if (!context.mode.is64Bit && context.hasVexW) context.sysEnd(SysOp.Undefined);
      else lowering(context);
    },
  ]);
}

/** The first source: the destination in the legacy form, an operand of its own in the VEX form. */
function firstSource({ instruction }: LoweringContext, form: NarrowForm): number {
  return instruction.register(form === VectorForm.Legacy ? 0 : 1);
}

/** The number of the operand behind it. */
function secondSource(form: NarrowForm): number {
  return form === VectorForm.Legacy ? 1 : 2;
}

/** memory ← low part of a vector register */
function storeElement({ memory }: LoweringContext, source: number, width: number): void {
  memory.resolve(1 << width, true);
  memory.storeVector(source, width, None);
}

/** First operand ← element in memory, zero-extended: to 128 bits by the legacy form, to all bits by the VEX form. */
function loadElement(context: LoweringContext, width: number, form: NarrowForm): void {
  const to = context.instruction.register(0);
  readVector(context, 1, width, None, form === VectorForm.Legacy ? T0 : to);
  if (form === VectorForm.Legacy) emitVector(context, Uop.Vector, VectorOp.Move, form, to, T0, T0);
}

/** MOVD and MOVQ: to or from memory, a general register or, MOVQ alone, another vector register. */
function moveInteger(width: Width.Dword | Width.Qword): NarrowLowering {
  return (context, form) => {
    const { instruction } = context;
    const [to, from] = [instruction.register(0), instruction.register(1)];
    const step = width - Width.Dword;
    if (instruction.isMemory(0)) storeElement(context, from, width);
    else if (!instruction.isVectorRegister(0)) context.emit(Uop.MovFromVector32 + step, to, from);
    else if (instruction.isMemory(1)) loadElement(context, width, form);
    else if (instruction.isVectorRegister(1))
      emitVector(context, Uop.Vector, VectorOp.MoveZero64, form, to, from, from);
    else emitVector(context, Uop.MovToVector32 + step, 0, form, to, from, 0);
  };
}

/** MOVSS and MOVSD: registers are merged, loads zero-extended. */
function moveScalar(width: number, op: VectorOp): NarrowLowering {
  return (context, form) => {
    const { instruction } = context;
    if (instruction.isMemory(0)) storeElement(context, instruction.register(1), width);
    else if (instruction.isMemory(1)) loadElement(context, width, form);
    else {
      const second = instruction.register(secondSource(form));
      emitVector(context, Uop.Vector, op, form, instruction.register(0), firstSource(context, form), second);
    }
  };
}

/** MOVLPS and its like: 64 bits of memory are merged into one half by `op`; the other way round that half is stored. */
function moveHalf(op: VectorOp, half: 0 | 1): NarrowLowering {
  return (context, form) => {
    const { instruction } = context;
    if (!instruction.isMemory(0)) {
      const second = readVector(context, secondSource(form), Width.Qword, None);
      emitVector(context, Uop.Vector, op, form, instruction.register(0), firstSource(context, form), second);
      return;
    }
    const source = instruction.register(1);
    if (half === 1)
      emitVector(context, Uop.Vector, VectorOp.Extract64, VectorForm.Legacy, T0, source, source, 1);
    storeElement(context, half === 1 ? T0 : source, Width.Qword);
  };
}

/** PINSR: the element comes from memory or from the low part of a general register. */
function insert(op: VectorOp, width: number): NarrowLowering {
  return (context, form) => {
    const { instruction } = context;
    const operand = secondSource(form);
    const immediate = immediateOf(context, operand + 1);
    if (instruction.isMemory(operand)) readVector(context, operand, width, None);
    else {
      const move = width === Width.Qword ? Uop.MovToVector64 : Uop.MovToVector32;
      emitVector(context, move, 0, VectorForm.Legacy, T0, instruction.register(operand), 0);
    }
    emitVector(
      context,
      Uop.Vector,
      op,
      form,
      instruction.register(0),
      firstSource(context, form),
      T0,
      immediate,
    );
  };
}

/** INSERTPS: an operand in memory is the element, whatever the immediate says of its source. */
function insertAny(context: LoweringContext, form: NarrowForm): void {
  const { instruction } = context;
  const operand = secondSource(form);
  const second = readVector(context, operand, Width.Dword, None);
  const immediate = immediateOf(context, operand + 1) & (instruction.isMemory(operand) ? 0x3f : 0xff);
  const first = firstSource(context, form);
  emitVector(
    context,
    Uop.Vector,
    VectorOp.InsertAny32,
    form,
    instruction.register(0),
    first,
    second,
    immediate,
  );
}

/** PEXTR and EXTRACTPS: the element goes to memory or, zero-extended, to a general register. */
function extract(op: VectorOp, width: number): Lowering {
  return (context) => {
    const { instruction } = context;
    const source = instruction.register(1);
    const immediate = immediateOf(context, 2);
    emitVector(context, Uop.Vector, op, VectorForm.Legacy, T1, source, source, immediate);
    if (instruction.isMemory(0)) storeElement(context, T1, width);
    else moveToGeneral(context, T1, width);
  };
}

function moveToGeneral(context: LoweringContext, source: number, width: number): void {
  const move = width === Width.Qword ? Uop.MovFromVector64 : Uop.MovFromVector32;
  context.emit(move, context.instruction.register(0), source);
}

/** MOVMSKPS, MOVMSKPD, PMOVMSKB: the form is that of the second operand. */
function signRows(legacy: Mnemonic, vex: Mnemonic, op: VectorWholeOp): LoweringRows {
  const take = (context: LoweringContext, form: VectorForm) => {
    const source = context.instruction.register(1);
    emitVector(context, Uop.VectorWhole, op, form, T0, source, source);
    moveToGeneral(context, T0, Width.Dword);
  };
  const takeVex: Lowering = (context) => {
    const isWide = context.instruction.width(1) === YMM_WIDTH;
    if (!requireAvx(context)) return;
    take(context, isWide ? VectorForm.Vex256 : VectorForm.Vex128);
  };
  return [
    [legacy, (context) => requireSse(context) && take(context, VectorForm.Legacy)],
    [vex, takeVex],
  ];
}

/** MOVNTSS and MOVNTSD of SSE4A. */
function storeNonTemporal(width: number): Lowering {
  return (context) => {
    if (requireSse(context)) storeElement(context, context.instruction.register(1), width);
  };
}

const lowHalf = moveHalf(VectorOp.MoveLow64, 0);
const highHalf = moveHalf(VectorOp.UnpackLow64, 1);
const moveDouble = moveScalar(Width.Qword, VectorOp.MoveLow64);

/** SSE2's MOVSD, which has the name of a string instruction. */
export const MOVSD_SCALAR = legacyRow(Mnemonic.Movsd, moveDouble);

// prettier-ignore
export const VECTOR_ELEMENT: LoweringRows = [
  vexRow(Mnemonic.Vmovsd, moveDouble),
  ...bothForms(Mnemonic.Movd, Mnemonic.Vmovd, moveInteger(Width.Dword)),
  ...bothForms(Mnemonic.Movq, Mnemonic.Vmovq, moveInteger(Width.Qword)),
  ...bothForms(Mnemonic.Movss, Mnemonic.Vmovss, moveScalar(Width.Dword, VectorOp.MoveLow32)),
  ...bothForms(Mnemonic.Movlps, Mnemonic.Vmovlps, lowHalf),
  ...bothForms(Mnemonic.Movlpd, Mnemonic.Vmovlpd, lowHalf),
  ...bothForms(Mnemonic.Movhps, Mnemonic.Vmovhps, highHalf),
  ...bothForms(Mnemonic.Movhpd, Mnemonic.Vmovhpd, highHalf),
  ...bothForms(Mnemonic.Pinsrb, Mnemonic.Vpinsrb, insert(VectorOp.Insert8, Width.Byte)),
  ...bothForms(Mnemonic.Pinsrw, Mnemonic.Vpinsrw, insert(VectorOp.Insert16, Width.Word)),
  ...refusingW(bothForms(Mnemonic.Pinsrd, Mnemonic.Vpinsrd, insert(VectorOp.Insert32, Width.Dword))),
  ...bothForms(Mnemonic.Pinsrq, Mnemonic.Vpinsrq, insert(VectorOp.Insert64, Width.Qword)),
  ...bothForms(Mnemonic.Insertps, Mnemonic.Vinsertps, insertAny),
  ...bothForms(Mnemonic.Pextrb, Mnemonic.Vpextrb, extract(VectorOp.Extract8, Width.Byte)),
  ...bothForms(Mnemonic.Pextrw, Mnemonic.Vpextrw, extract(VectorOp.Extract16, Width.Word)),
  ...refusingW(bothForms(Mnemonic.Pextrd, Mnemonic.Vpextrd, extract(VectorOp.Extract32, Width.Dword))),
  ...bothForms(Mnemonic.Pextrq, Mnemonic.Vpextrq, extract(VectorOp.Extract64, Width.Qword)),
  ...bothForms(Mnemonic.Extractps, Mnemonic.Vextractps, extract(VectorOp.Extract32, Width.Dword)),
  ...signRows(Mnemonic.Movmskps, Mnemonic.Vmovmskps, VectorWholeOp.Signs32),
  ...signRows(Mnemonic.Movmskpd, Mnemonic.Vmovmskpd, VectorWholeOp.Signs64),
  ...signRows(Mnemonic.Pmovmskb, Mnemonic.Vpmovmskb, VectorWholeOp.Signs8),
  [Mnemonic.Movntss, storeNonTemporal(Width.Dword)],
  [Mnemonic.Movntsd, storeNonTemporal(Width.Qword)],
];

/**
 * How each micro-op is compiled: one row for each family, in the order of abi/uop.ts. What has no row is run by the
 * interpreter, on the registers in the state.
 */
import { Reg, Seg } from '../../assembly/abi/register.js';
import { Flow } from '../../assembly/abi/stop.js';
import { Uop } from '../../assembly/abi/uop.js';
import { Width } from '../../assembly/abi/width.js';
import {
  addOrSubtract,
  complement,
  logic,
  LOGIC,
  multiplyQuiet,
  negate,
  QUIET,
  quiet,
  step,
} from './arithmetic.js';
import { BitChange, countOnes, testBit } from './bits.js';
import type { Emitter } from './emitter.js';
import { Source } from './flag-values.js';
import { Local } from './locals.js';
import { accessOf, leaveWhenComplete, linearAddress, load, store } from './memory-access.js';
import {
  address,
  exchange,
  move,
  moveIf,
  moveImmediate,
  setIf,
  moveSignExtended,
  swapDword,
  moveZeroExtended,
} from './moves.js';
import {
  divideDword,
  divideQword,
  divideSignedDword,
  multiplyDword,
  multiplyQword,
  multiplyTruncating,
  multiplyTruncatingQword,
} from './multiply-divide.js';
import { floatOperation } from './float-operations.js';
import type { UopFields } from './region.js';
import { Rotate, rotateByConstant, Shift, shiftByConstant, shiftByRegister, shiftQuiet } from './shifts.js';
import { stringInstruction } from './strings.js';
import { loadVector, moveFromVector, moveToVector, storeVector } from './vector-moves.js';
import { vectorOperation, vectorTest, wholeOperation } from './vector-operations.js';
import { Op } from './wasm-opcodes.js';
import { compileX87 } from './x87-operations.js';

/** Emits a micro-op. False: it is not compiled in this form, and nothing has been emitted. */
export type Compile = (emitter: Emitter, uop: UopFields) => boolean;

const TABLE: (Compile | undefined)[] = [];

export function compilationOf(code: number): Compile | undefined {
  return TABLE[code];
}

type Emit = (emitter: Emitter, uop: UopFields, width: Width) => void;
type EmitBinary = (emitter: Emitter, uop: UopFields, width: Width, isImmediate: boolean) => void;

function row(code: Uop, emit: (emitter: Emitter, uop: UopFields) => void): void {
  TABLE[code] = (emitter, uop) => {
    emit(emitter, uop);
    return true;
  };
}

/** A family with a member for each width from `width` to qword. */
function family(first: Uop, emit: Emit, width = Width.Byte): void {
  for (let w = width; w <= Width.Qword; w++) row(first + w - width, (emitter, uop) => emit(emitter, uop, w));
}

/** A family of register forms and then immediate forms. */
function binary(first: Uop, emit: EmitBinary, width = Width.Byte): void {
  family(first, (emitter, uop, w) => emit(emitter, uop, w, false), width);
  const immediates = first + (Width.Qword - width + 1);
  family(immediates, (emitter, uop, w) => emit(emitter, uop, w, true), width);
}

family(Uop.MovRR8, move);
family(Uop.MovRI8, moveImmediate);
row(Uop.Movzx8To16, moveZeroExtended(Width.Byte, Width.Word));
row(Uop.Movzx8To32, moveZeroExtended(Width.Byte, Width.Dword));
row(Uop.Movzx8To64, moveZeroExtended(Width.Byte, Width.Qword));
row(Uop.Movzx16To32, moveZeroExtended(Width.Word, Width.Dword));
row(Uop.Movzx16To64, moveZeroExtended(Width.Word, Width.Qword));
row(Uop.Movsx8To16, moveSignExtended(Width.Byte, Width.Word));
row(Uop.Movsx8To32, moveSignExtended(Width.Byte, Width.Dword));
row(Uop.Movsx8To64, moveSignExtended(Width.Byte, Width.Qword));
row(Uop.Movsx16To32, moveSignExtended(Width.Word, Width.Dword));
row(Uop.Movsx16To64, moveSignExtended(Width.Word, Width.Qword));
row(Uop.Movsx32To64, moveSignExtended(Width.Dword, Width.Qword));
family(Uop.Xchg8, exchange);
family(Uop.Cmov16, moveIf, Width.Word);
row(Uop.Setcc, setIf);
family(Uop.Lea16, address, Width.Word);

// Loads and stores.
for (let code = Uop.Load8; code <= Uop.LoadWrap64; code++) row(code, loadRow(code, Uop.Load8, false));
for (let code = Uop.LoadRmw8; code <= Uop.LoadRmwWrap64; code++) row(code, loadRow(code, Uop.LoadRmw8, true));
for (let code = Uop.Store8; code <= Uop.StoreWrap64; code++) row(code, storeRow(code));

function loadRow(code: Uop, first: Uop, isForWrite: boolean) {
  const { width, wraps } = accessOf(code, first);
  return (emitter: Emitter, uop: UopFields): void => {
    const { code, kept } = emitter;
    const known = kept.known.get(uop.address);
    if (known !== undefined) {
      code.get(known);
      return emitter.assignZeroExtended(uop.a, width);
    }
    linearAddress(emitter, uop, wraps);
    load(emitter, width, uop.n >> 4, isForWrite);
    const keeping = kept.keeping.get(uop.address);
    if (keeping !== undefined) code.tee(keeping);
    emitter.assignZeroExtended(uop.a, width);
  };
}

function storeRow(code: Uop) {
  const { width, wraps } = accessOf(code, Uop.Store8);
  return (emitter: Emitter, uop: UopFields): void => {
    linearAddress(emitter, uop, wraps);
    store(
      emitter,
      width,
      uop.n >> 4,
      () => emitter.remembered(uop.a),
      () => leaveWhenComplete(emitter),
    );
    const keeping = emitter.kept.keeping.get(uop.address);
    if (keeping === undefined) return;
    emitter.operand(uop.a, width);
    emitter.widen(width);
    emitter.code.set(keeping);
  };
}

row(Uop.Push32, pushRow(Width.Dword));
row(Uop.Push64, pushRow(Width.Qword));
row(Uop.Pop32, popRow(Width.Dword));
row(Uop.Pop64, popRow(Width.Qword));

function pushRow(width: Width) {
  return (emitter: Emitter, uop: UopFields): void => {
    const { code } = emitter;
    emitter.wide(uop.a);
    code.set(Local.Wide0);
    push(
      emitter,
      width,
      () => code.get(Local.Wide0),
      () => leaveWhenComplete(emitter),
    );
  };
}

/** Pushes what `pushValue` pushes; the stack pointer moves once the store has not faulted. */
export function push(emitter: Emitter, width: Width, pushValue: () => void, onChange: () => void): void {
  const { code } = emitter;
  const moveStackPointer = (): void => {
    code.get(Local.Linear);
    code.set(Reg.Rsp >> 3);
  };
  stackTop(emitter, width, -(1 << width));
  code.set(Local.Linear);
  store(emitter, width, Seg.Ss, pushValue, () => {
    moveStackPointer();
    onChange();
  });
  moveStackPointer();
}

/** Pushes the stack pointer plus `offset`, as wide as the stack has it. */
function stackTop(emitter: Emitter, width: Width, offset: number): void {
  const { code } = emitter;
  emitter.wide(Reg.Rsp);
  if (offset !== 0) {
    code.i64(offset);
    code.op(Op.I64Add);
  }
  if (width === Width.Dword) emitter.truncateToDword();
}

function popRow(width: Width) {
  return (emitter: Emitter, uop: UopFields): void => {
    const { code } = emitter;
    stackTop(emitter, width, 0);
    code.set(Local.Linear);
    load(emitter, width, Seg.Ss);
    stackTop(emitter, width, 1 << width);
    code.set(Reg.Rsp >> 3);
    emitter.assign(uop.a, width);
  };
}

binary(Uop.AddRR8, addOrSubtract(Source.Add, true));
binary(Uop.OrRR8, logic(LOGIC.OR, true));
binary(Uop.AdcRR8, addOrSubtract(Source.Adc, true));
binary(Uop.SbbRR8, addOrSubtract(Source.Sbb, true));
binary(Uop.AndRR8, logic(LOGIC.AND, true));
binary(Uop.SubRR8, addOrSubtract(Source.Sub, true));
binary(Uop.XorRR8, logic(LOGIC.XOR, true));
binary(Uop.CmpRR8, addOrSubtract(Source.Sub, false));
binary(Uop.TestRR8, logic(LOGIC.AND, false));
binary(Uop.AddQuietRR32, quiet(QUIET.ADD), Width.Dword);
binary(Uop.OrQuietRR32, quiet(QUIET.OR), Width.Dword);
binary(Uop.AndQuietRR32, quiet(QUIET.AND), Width.Dword);
binary(Uop.SubQuietRR32, quiet(QUIET.SUB), Width.Dword);
binary(Uop.XorQuietRR32, quiet(QUIET.XOR), Width.Dword);
family(Uop.Inc8, step(Source.Inc));
family(Uop.Dec8, step(Source.Dec));
family(Uop.Neg8, negate);
family(Uop.Not8, complement);
for (const [first, compile] of [
  [Uop.ShlRI8, shiftByConstant(Shift.Left)],
  [Uop.ShrRI8, shiftByConstant(Shift.Right)],
  [Uop.SarRI8, shiftByConstant(Shift.RightSigned)],
  [Uop.RolRI8, rotateByConstant(Rotate.Left)],
  [Uop.RorRI8, rotateByConstant(Rotate.Right)],
] as const) {
  for (const width of [Width.Byte, Width.Word, Width.Dword, Width.Qword]) {
    TABLE[first + width] = (emitter, uop) => compile(emitter, uop, width);
  }
}
for (const [first, shift] of [
  [Uop.ShlRR32, Shift.Left],
  [Uop.ShrRR32, Shift.Right],
  [Uop.SarRR32, Shift.RightSigned],
] as const) {
  family(first, shiftByRegister(shift), Width.Dword);
}
family(Uop.RolQuietRI32, shiftQuiet(Rotate.Left), Width.Dword);
family(Uop.RorQuietRI32, shiftQuiet(Rotate.Right), Width.Dword);
family(Uop.ShlQuietRI32, shiftQuiet(Shift.Left), Width.Dword);
family(Uop.ShrQuietRI32, shiftQuiet(Shift.Right), Width.Dword);
family(Uop.SarQuietRI32, shiftQuiet(Shift.RightSigned), Width.Dword);
row(Uop.Bswap32, swapDword);
TABLE[Uop.X87] = compileX87;
row(Uop.CheckTarget, checkTarget);
// Others end their blocks.
row(Uop.Sys, stringInstruction);

/** An illegal target is the interpreter's: it faults at the branch. */
function checkTarget(emitter: Emitter, uop: UopFields): void {
  if (!emitter.is64Bit || uop.c !== Width.Qword) return;
  emitter.wide(uop.b);
  emitter.code.set(Local.Wide0);
  emitter.isNotCanonical(Local.Wide0);
  emitter.open(Op.If);
  emitter.exitBefore(Flow.Leave);
  emitter.close();
}

// Multiplication and division.
for (const width of [Width.Dword, Width.Qword]) {
  const offset = width - Width.Word;
  row(Uop.Imul2RR16 + offset, (emitter, uop) => multiply(emitter, uop, width, false));
  row(Uop.Imul3RI16 + offset, (emitter, uop) => multiply(emitter, uop, width, true));
}
row(Uop.Mul32, multiplyDword(false));
row(Uop.Imul32, multiplyDword(true));
row(Uop.Mul64, multiplyQword);
row(Uop.Div32, divideDword);
row(Uop.Idiv32, divideSignedDword);
row(Uop.Div64, divideQword);

function multiply(emitter: Emitter, uop: UopFields, width: Width, isImmediate: boolean): void {
  if (emitter.areFlagsDead) multiplyQuiet(emitter, uop, width, isImmediate);
  else if (width === Width.Dword) multiplyTruncating(emitter, uop, isImmediate);
  else multiplyTruncatingQword(emitter, uop, isImmediate);
}

for (const [first, change] of [
  [Uop.BtRR32, BitChange.None],
  [Uop.BtsRR32, BitChange.Set],
  [Uop.BtrRR32, BitChange.Reset],
  [Uop.BtcRR32, BitChange.Complement],
] as const) {
  const emit = testBit(change);
  family(first, (emitter, uop, width) => emit(emitter, uop, width, false), Width.Dword);
  // The immediate forms follow the three register forms.
  family(first + 3, (emitter, uop, width) => emit(emitter, uop, width, true), Width.Dword);
}
family(Uop.Popcnt32, countOnes, Width.Dword);

// Vectors.
for (let code = Uop.LoadVector8; code <= Uop.LoadVector256; code++) row(code, loadVector);
for (let code = Uop.StoreVector8; code <= Uop.StoreVector256; code++) row(code, storeVector);
TABLE[Uop.Vector] = vectorOperation;
TABLE[Uop.VectorWhole] = wholeOperation;
TABLE[Uop.VectorTest] = vectorTest;
for (const code of [Uop.MovToVector32, Uop.MovToVector64]) row(code, moveToVector);
for (const code of [Uop.MovFromVector32, Uop.MovFromVector64]) row(code, moveFromVector);
TABLE[Uop.Float] = floatOperation;

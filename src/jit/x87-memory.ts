/** x87 operations with an operand in memory, in compiled code: the number goes between memory and the locals of x87-stack.ts. */
import { Reg, Seg } from '../../assembly/abi/register.js';
import { Width } from '../../assembly/abi/width.js';
import {
  X87_ADDRESS_GIVEN,
  X87_ADDRESS_WIDTH_SHIFT,
  X87Arithmetic,
  X87Op,
} from '../../assembly/abi/x87-op.js';
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { effectiveAddress, leaveIfAborted, load, store } from './memory-access.js';
import type { UopFields } from './region.js';
import { signExtend } from './sign-extension.js';
import { Op, Type } from './wasm-opcodes.js';
import { calculate, isComparison, pushNumber, pushOrder } from './x87-arithmetic.js';
import { narrowInline, widenInteger } from './x87-inline-convert.js';
import type { NumberLocals } from './x87-stack.js';

const SIGN = 0x8000;
const FRACTION_TOP = 63;
const single = { width: Width.Dword, bits: 32, fractionBits: 23, greatest: 0xff, bias: 0x3fff - 0x7f };
const double = { width: Width.Qword, bits: 64, fractionBits: 52, greatest: 0x7ff, bias: 0x3fff - 0x3ff };
/** f32 or f64. */
type MemoryFloat = typeof single;
const INTEGER_HIGH = 0x80000000;
const EXTENDED_UPPER = 8;
const CONTROL_WRITABLE = 0x1f3f;
const CONTROL_ALWAYS_SET = 0x40;

type EmitMemory = (emitter: Emitter, uop: UopFields) => void;

export const MEMORY_OPERATIONS: Readonly<Partial<Record<X87Op, EmitMemory>>> = {
  [X87Op.StoreStatus]: (emitter, uop) => {
    emitter.x87.pushStatusWord();
    emitter.code.op(Op.I64ExtendI32U);
    storeOnTop(emitter, uop, Width.Word);
  },
  [X87Op.StoreControl]: (emitter, uop) => {
    emitter.loadState(Op.I64Load32U, emitter.addresses.x87.control);
    storeOnTop(emitter, uop, Width.Word);
  },
  [X87Op.LoadControl]: loadControl,
  [X87Op.LoadFloat32]: (emitter, uop) => loadFloat(emitter, uop, single),
  [X87Op.LoadFloat64]: (emitter, uop) => loadFloat(emitter, uop, double),
  [X87Op.LoadExtended]: loadExtended,
  [X87Op.LoadInteger16]: (emitter, uop) => loadInteger(emitter, uop, Width.Word),
  [X87Op.LoadInteger32]: (emitter, uop) => loadInteger(emitter, uop, Width.Dword),
  [X87Op.LoadInteger64]: (emitter, uop) => loadInteger(emitter, uop, Width.Qword),
  [X87Op.ArithmeticFloat32]: (emitter, uop) => withFloat(emitter, uop, single),
  [X87Op.ArithmeticFloat64]: (emitter, uop) => withFloat(emitter, uop, double),
  [X87Op.ArithmeticInteger16]: (emitter, uop) => withInteger(emitter, uop, Width.Word),
  [X87Op.ArithmeticInteger32]: (emitter, uop) => withInteger(emitter, uop, Width.Dword),
  [X87Op.StoreFloat32]: (emitter, uop) => storeFloat(emitter, uop, single),
  [X87Op.StoreFloat64]: (emitter, uop) => storeFloat(emitter, uop, double),
  [X87Op.StoreExtendedPop]: storeExtended,
  [X87Op.StoreInteger16]: (emitter, uop) => storeInteger(emitter, uop, Width.Word, false),
  [X87Op.StoreInteger32]: (emitter, uop) => storeInteger(emitter, uop, Width.Dword, false),
  [X87Op.StoreInteger64]: (emitter, uop) => storeInteger(emitter, uop, Width.Qword, false),
  [X87Op.StoreTruncated16]: (emitter, uop) => storeInteger(emitter, uop, Width.Word, true),
  [X87Op.StoreTruncated32]: (emitter, uop) => storeInteger(emitter, uop, Width.Dword, true),
  [X87Op.StoreTruncated64]: (emitter, uop) => storeInteger(emitter, uop, Width.Qword, true),
};

function isGiven(uop: UopFields): boolean {
  return (uop.n & X87_ADDRESS_GIVEN) !== 0;
}

function segmentOf(uop: UopFields): Seg {
  return uop.n >> 4;
}

/** Pushes the operand's offset in its segment (i64). */
function pushEffective(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  effectiveAddress(emitter, { ...uop, low: uop.high, high: uop.high >> 31 }, uop.n & 3);
  const width = (uop.low >>> X87_ADDRESS_WIDTH_SHIFT) & 3;
  if (width === Width.Dword) emitter.truncateToDword();
  if (width !== Width.Word) return;
  code.i64(0xffff);
  code.op(Op.I64And);
}

/** `Local.Linear` ← the operand's linear address. */
function locate(emitter: Emitter, uop: UopFields): void {
  if (isGiven(uop)) emitter.wide(Reg.Address);
  else pushEffective(emitter, uop);
  emitter.code.set(Local.Linear);
}

/** FDP, once the access has not faulted. */
export function recordData(emitter: Emitter, uop: UopFields): void {
  pushEffective(emitter, uop);
  emitter.code.set(Local.X87Data);
  emitter.x87.recordData(segmentOf(uop));
}

/** Pushes the operand, zero-extended (i64). */
function loadOperand(emitter: Emitter, uop: UopFields, width: Width): void {
  locate(emitter, uop);
  load(emitter, width, segmentOf(uop));
}

/** Stores the i64 on top of the stack. */
function storeOnTop(emitter: Emitter, uop: UopFields, width: Width): void {
  const { code } = emitter;
  code.set(Local.Wide0);
  locate(emitter, uop);
  store(
    emitter,
    width,
    segmentOf(uop),
    () => code.get(Local.Wide0),
    () => leaveAtEnd(emitter),
  );
}

/** The store has changed code: the region is left when the instruction is complete, registers and all. */
function leaveAtEnd(emitter: Emitter): void {
  emitter.mayBeStale = true;
  emitter.code.i32(1);
  emitter.code.set(Local.IsStale);
}

/** FLDCW. While an exception is not masked, the interpreter goes on. */
function loadControl(emitter: Emitter, uop: UopFields): void {
  const { code, x87, addresses } = emitter;
  loadOperand(emitter, uop, Width.Word);
  code.op(Op.I32WrapI64);
  code.i32(CONTROL_WRITABLE);
  code.op(Op.I32And);
  code.i32(CONTROL_ALWAYS_SET);
  code.op(Op.I32Or);
  code.set(Local.Narrow0);
  code.i32(0);
  code.get(Local.Narrow0);
  code.memory(Op.I32Store, addresses.x87.control);
  x87.readControl();
  x87.pushUnmasked();
  emitter.open(Op.If);
  emitter.exitAfter();
  emitter.close();
}

/** `Local.Wide0` ← the float on top of the stack; pushes whether it is a normal number. `Local.Narrow0` ← its exponent. */
function isNormal(emitter: Emitter, { fractionBits, greatest }: MemoryFloat): void {
  const { code } = emitter;
  code.tee(Local.Wide0);
  code.i64(fractionBits);
  code.op(Op.I64ShrU);
  code.op(Op.I32WrapI64);
  code.i32(greatest);
  code.op(Op.I32And);
  code.tee(Local.Narrow0);
  code.i32(1);
  code.op(Op.I32Sub);
  code.i32(greatest - 1);
  code.op(Op.I32LtU);
}

/** Pushes the significand and the upper part of the normal number that `isNormal` has found. */
function expand(emitter: Emitter, { bits, fractionBits, bias }: MemoryFloat): void {
  const { code } = emitter;
  code.get(Local.Wide0);
  code.i64(FRACTION_TOP - fractionBits);
  code.op(Op.I64Shl);
  code.i64(0, INTEGER_HIGH);
  code.op(Op.I64Or);
  code.get(Local.Wide0);
  code.i64(bits - 16);
  code.op(Op.I64ShrU);
  code.op(Op.I32WrapI64);
  code.i32(SIGN);
  code.op(Op.I32And);
  code.get(Local.Narrow0);
  code.i32(bias);
  code.op(Op.I32Add);
  code.op(Op.I32Or);
}

/** FLD m32, m64 */
function loadFloat(emitter: Emitter, uop: UopFields, float: MemoryFloat): void {
  const { code, x87 } = emitter;
  loadOperand(emitter, uop, float.width);
  isNormal(emitter, float);
  emitter.open(Op.If, Type.I64);
  expand(emitter, float);
  code.set(Local.Narrow1);
  emitter.else();
  code.get(Local.Wide0);
  x87.call(float === double ? X87Import.FromFloat64 : X87Import.FromFloat32);
  emitter.loadState(Op.I32Load, emitter.addresses.x87.resultTop);
  code.set(Local.Narrow1);
  emitter.close();
  code.set(Local.Wide0);
  code.get(Local.Narrow1);
  code.get(Local.Wide0);
  x87.assign(-1);
  x87.clearC1();
}

/** FLD m80 */
function loadExtended(emitter: Emitter, uop: UopFields): void {
  const { code, x87 } = emitter;
  loadOperand(emitter, uop, Width.Qword);
  code.set(Local.Wide0);
  code.get(Local.Linear);
  code.i64(EXTENDED_UPPER);
  code.op(Op.I64Add);
  code.set(Local.Linear);
  load(emitter, Width.Word, segmentOf(uop));
  code.op(Op.I32WrapI64);
  code.get(Local.Wide0);
  x87.assign(-1);
  x87.clearC1();
}

/** Pushes the operand, sign-extended (i64). */
function loadSigned(emitter: Emitter, uop: UopFields, width: Width): void {
  loadOperand(emitter, uop, width);
  signExtend(emitter.code, width);
}

/** FILD */
function loadInteger(emitter: Emitter, uop: UopFields, width: Width): void {
  const { x87 } = emitter;
  loadSigned(emitter, uop, width);
  widenInteger(emitter);
  x87.assign(-1);
  x87.clearC1();
}

/** An operand that has been loaded; `isNormal` and `widenInteger` do not use these. */
const OPERAND: NumberLocals = { significand: Local.Wide1, upper: Local.X87OperandUpper };

/** FADD and its like with m32 and m64. What is not a normal number, the core takes as it is. */
function withFloat(emitter: Emitter, uop: UopFields, float: MemoryFloat): void {
  const { code, x87 } = emitter;
  const operation: X87Arithmetic = uop.a;
  loadOperand(emitter, uop, float.width);
  code.set(Local.Wide0);
  const top = x87.number(0);
  code.get(Local.Wide0);
  isNormal(emitter, float);
  emitter.open(Op.If, isComparison(operation) ? Type.I32 : Type.Empty);
  expand(emitter, float);
  code.set(OPERAND.upper);
  code.set(OPERAND.significand);
  if (isComparison(operation)) pushOrder(emitter, OPERAND, false);
  else calculate(emitter, operation, top, OPERAND, 0);
  emitter.else();
  withUnusual(emitter, operation, top, float);
  emitter.close();
  if (isComparison(operation)) x87.assignCodes();
}

/** ST(0) and C1 ← as after the other path; or pushes the condition codes. */
function withUnusual(
  emitter: Emitter,
  operation: X87Arithmetic,
  top: NumberLocals,
  float: MemoryFloat,
): void {
  const { code, x87 } = emitter;
  if (!isComparison(operation)) code.i32(operation);
  pushNumber(emitter, top);
  code.get(Local.Wide0);
  if (isComparison(operation)) {
    x87.call(float === double ? X87Import.CompareFloat64 : X87Import.CompareFloat32);
    return;
  }
  x87.call(float === double ? X87Import.ArithmeticFloat64 : X87Import.ArithmeticFloat32);
  x87.assignResult(0);
  x87.pushC1();
  code.set(Local.X87Up);
}

/** FIADD and its like. */
function withInteger(emitter: Emitter, uop: UopFields, width: Width): void {
  const { code, x87 } = emitter;
  const operation: X87Arithmetic = uop.a;
  loadSigned(emitter, uop, width);
  widenInteger(emitter);
  code.set(OPERAND.significand);
  code.set(OPERAND.upper);
  const top = x87.number(0);
  if (isComparison(operation)) {
    pushOrder(emitter, OPERAND, false);
    x87.assignCodes();
  } else {
    calculate(emitter, operation, top, OPERAND, 0);
  }
}

/** FST m32, m64. The conversion may change FSW: a store that faults takes that back. */
function storeFloat(emitter: Emitter, uop: UopFields, float: MemoryFloat): void {
  const { code, x87 } = emitter;
  x87.saveStatus();
  narrowInline(emitter, x87.number(0), float, float === double ? X87Import.ToFloat64 : X87Import.ToFloat32);
  storeOnTop(emitter, uop, float.width);
  x87.forgetStatus();
  x87.addInexact(() => code.get(Local.X87Low));
  code.get(Local.X87Shift);
  code.set(Local.X87Up);
  x87.takeC1FromLocal();
}

/** FIST, FISTTP */
function storeInteger(emitter: Emitter, uop: UopFields, width: Width, isTruncating: boolean): void {
  const { code, x87 } = emitter;
  x87.saveStatus();
  x87.push(0);
  code.i32(8 << width);
  code.i32(isTruncating ? 1 : 0);
  x87.call(X87Import.ToInteger);
  storeOnTop(emitter, uop, width);
  x87.forgetStatus();
  x87.takeC1FromState();
}

/** FSTP m80 */
function storeExtended(emitter: Emitter, uop: UopFields): void {
  const { code, x87, addresses } = emitter;
  locate(emitter, uop);
  code.get(Local.Linear);
  code.i32(segmentOf(uop));
  x87.push(0);
  x87.call(X87Import.StoreExtended);
  leaveIfAborted(emitter);
  emitter.loadState(Op.I32Load, addresses.staleness);
  emitter.open(Op.If);
  leaveAtEnd(emitter);
  emitter.close();
  x87.clearC1();
}

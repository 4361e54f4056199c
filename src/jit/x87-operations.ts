/** x87 operations in compiled code. What is not here, and what finds the register stack otherwise, is the interpreter's. */
import { Reg } from '../../assembly/abi/register.js';
import { Flow } from '../../assembly/abi/stop.js';
import { Width } from '../../assembly/abi/width.js';
import { X87_OPCODE_SHIFT, X87Arithmetic, X87Constant, X87Op } from '../../assembly/abi/x87-op.js';
import { X87Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Source } from './flag-values.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';
import { calculate, isComparison, pushOrder } from './x87-arithmetic.js';
import { effectOf, effectsFrom, operationOf } from './x87-effect.js';
import { MEMORY_OPERATIONS } from './x87-memory.js';
import { recordData } from './x87-memory-operand.js';
import type { Instruction } from './x87-pointers.js';
import { requirements } from './x87-shape.js';

const OPCODE_MASK = 0x7ff;
const SIGN = 0x8000;
const NOT_SIGN = 0x7fff;
const INTEGER_HIGH = 0x80000000;
const ONE_UPPER = 0x3fff;
/** Bits that `x87CompareFlags` returns. */
const CF_AND_PF = 5;
const ZF_SHIFT = 6;
const PF_SHIFT = 2;

type EmitOperation = (emitter: Emitter, uop: UopFields) => void;

const REGISTER_OPERATIONS: Readonly<Partial<Record<X87Op, EmitOperation>>> = {
  [X87Op.StoreStatusAx]: (emitter) => {
    emitter.x87.pushStatusWord();
    emitter.code.op(Op.I64ExtendI32U);
    emitter.assign(Reg.Rax, Width.Word);
  },
  [X87Op.Wait]: () => {},
  [X87Op.NoOperation]: () => {},
  [X87Op.LoadStack]: (emitter, { a }) => copy(emitter, a, -1),
  [X87Op.StoreStack]: (emitter, { a }) => copy(emitter, 0, a),
  [X87Op.StoreStackPop]: (emitter, { a }) => copy(emitter, 0, a),
  [X87Op.StoreStackPopQuiet]: (emitter, { a }) => copy(emitter, 0, a),
  [X87Op.Exchange]: exchange,
  [X87Op.Free]: ({ x87 }) => x87.status.clearC1(),
  [X87Op.FreePop]: ({ x87 }) => x87.status.clearC1(),
  [X87Op.IncrementTop]: ({ x87 }) => x87.status.clearC1(),
  [X87Op.DecrementTop]: ({ x87 }) => x87.status.clearC1(),
  [X87Op.MoveIf]: moveIf,
  [X87Op.ChangeSign]: (emitter) => changeSign(emitter, Op.I32Xor, SIGN),
  [X87Op.Absolute]: (emitter) => changeSign(emitter, Op.I32And, NOT_SIGN),
  [X87Op.Test]: (emitter) => compareZero(emitter),
  [X87Op.Arithmetic]: (emitter, { a }) => {
    const operation: X87Arithmetic = a >> 3;
    if (isComparison(operation)) compareWith(emitter, a & 7, false);
    else arithmetic(emitter, operation, a & 7, 0);
  },
  [X87Op.ArithmeticInto]: (emitter, { a }) => arithmetic(emitter, a >> 3, a & 7, a & 7),
  [X87Op.ArithmeticIntoPop]: (emitter, { a }) => arithmetic(emitter, a >> 3, a & 7, a & 7),
  [X87Op.ComparePopTwice]: (emitter) => compareWith(emitter, 1, false),
  [X87Op.CompareQuiet]: (emitter, { a }) => compareWith(emitter, a, true),
  [X87Op.CompareQuietPop]: (emitter, { a }) => compareWith(emitter, a, true),
  [X87Op.CompareQuietPopTwice]: (emitter) => compareWith(emitter, 1, true),
  [X87Op.CompareFlags]: (emitter, { a }) => compareFlags(emitter, a, false),
  [X87Op.CompareFlagsPop]: (emitter, { a }) => compareFlags(emitter, a, false),
  [X87Op.CompareFlagsQuiet]: (emitter, { a }) => compareFlags(emitter, a, true),
  [X87Op.CompareFlagsQuietPop]: (emitter, { a }) => compareFlags(emitter, a, true),
  [X87Op.LoadConstant]: loadConstant,
  [X87Op.SquareRoot]: (emitter) => unary(emitter, X87Import.SquareRoot),
  [X87Op.RoundToInteger]: (emitter) => unary(emitter, X87Import.RoundToInteger),
};

/** Emits an x87 operation. False: it is the interpreter's. */
export function compileX87(emitter: Emitter, uop: UopFields): boolean {
  const { x87 } = emitter;
  const effect = effectOf(uop);
  if (effect === undefined) return false;
  if (!x87.isOpen) begin(emitter, uop);
  if (!x87.allows(effect)) return false;
  const op = operationOf(uop);
  const memory = MEMORY_OPERATIONS[op];
  if (memory !== undefined) memory(emitter, uop);
  else REGISTER_OPERATIONS[op]!(emitter, uop);
  const isControl = op < X87Op.NoOperation;
  if (!isControl && memory !== undefined) recordData(emitter, uop);
  x87.complete(effect, isControl ? undefined : instructionOf(uop));
  return true;
}

/** What the instruction leaves in FIP and FOP. */
export function instructionOf({ ip, low }: UopFields): Instruction {
  return { ip, opcode: (low >>> X87_OPCODE_SHIFT) & OPCODE_MASK };
}

/** Looks at the state for as many of the operations from `uop` on as follow each other; leaves if it is not as they need it. */
export function begin(emitter: Emitter, uop: UopFields): void {
  const { x87, block } = emitter;
  const { full, empty } = requirements(effectsFrom(block.uops, block.uops.indexOf(uop)));
  x87.opens(full, empty);
  emitter.open(Op.If);
  emitter.exitBefore(Flow.Leave);
  emitter.close();
  x87.open(full, empty);
}

/** ST(to) ← ST(from) */
function copy({ code, x87 }: Emitter, from: number, to: number): void {
  x87.pushUpper(from);
  x87.pushSignificand(from);
  if (from !== to) x87.assign(to);
  else {
    code.op(Op.Drop);
    code.op(Op.Drop);
  }
  x87.status.clearC1();
}

/** FXCH */
function exchange({ x87 }: Emitter, { a }: UopFields): void {
  for (const i of [0, a]) {
    x87.pushUpper(i);
    x87.pushSignificand(i);
  }
  x87.assign(0);
  x87.assign(a);
  x87.status.clearC1();
}

/** FCMOVcc */
function moveIf(emitter: Emitter, { a, n }: UopFields): void {
  const { code, x87, flags } = emitter;
  flags.condition(n);
  code.set(Local.Narrow1);
  x87.pushUpper(a);
  x87.pushUpper(0);
  code.get(Local.Narrow1);
  code.op(Op.Select);
  x87.pushSignificand(a);
  x87.pushSignificand(0);
  code.get(Local.Narrow1);
  code.op(Op.Select);
  x87.assign(0);
}

/** FCHS, FABS */
function changeSign({ code, x87 }: Emitter, op: Op, mask: number): void {
  x87.pushUpper(0);
  code.i32(mask);
  code.op(op);
  x87.assignUpper(0);
  x87.status.clearC1();
}

/** ST(to) ← ST(0) op ST(i) */
function arithmetic(emitter: Emitter, operation: X87Arithmetic, i: number, to: number): void {
  const { x87 } = emitter;
  calculate(emitter, operation, x87.number(0), x87.number(i), to);
}

function unary({ x87 }: Emitter, index: X87Import): void {
  x87.push(0);
  x87.call(index);
  x87.assignResult(0);
  x87.status.takeC1FromState();
}

function compareWith(emitter: Emitter, i: number, isQuiet: boolean): void {
  const { x87 } = emitter;
  x87.number(0);
  pushOrder(emitter, x87.number(i), isQuiet);
  x87.status.assignCodes();
}

/** FTST */
function compareZero(emitter: Emitter): void {
  const { code, x87 } = emitter;
  x87.push(0);
  code.i64(0);
  code.i32(0);
  code.i32(0);
  x87.call(X87Import.Compare);
  x87.status.assignCodes();
}

/** FCOMI, FUCOMI: C1 stays as it is. */
function compareFlags({ code, x87, flags }: Emitter, i: number, isQuiet: boolean): void {
  x87.push(0);
  x87.push(i);
  code.i32(isQuiet ? 1 : 0);
  x87.call(X87Import.CompareFlags);
  code.tee(Local.Narrow0);
  code.i32(ZF_SHIFT);
  code.op(Op.I32ShrU);
  code.tee(Local.Narrow1);
  // A result of 0 or 1 has the right ZF; its PF is then ZF, until the bit in the other word inverts it.
  code.op(Op.I32Eqz);
  code.op(Op.I64ExtendI32U);
  code.set(Local.FlagResult);
  code.get(Local.Narrow0);
  code.i32(CF_AND_PF);
  code.op(Op.I32And);
  code.get(Local.Narrow1);
  code.i32(PF_SHIFT);
  code.op(Op.I32Shl);
  code.op(Op.I32Xor);
  code.op(Op.I64ExtendI32U);
  code.set(Local.FlagRight);
  flags.set(Source.Explicit);
}

/** FLD1, FLDZ */
function loadConstant({ code, x87 }: Emitter, { a }: UopFields): void {
  const isOne = (a as X87Constant) === X87Constant.One;
  code.i32(isOne ? ONE_UPPER : 0);
  code.i64(0, isOne ? INTEGER_HIGH : 0);
  x87.assign(-1);
  x87.status.clearC1();
}

/** Arithmetic and logic of the general registers: results in locals, flags remembered for who asks. */
import { Width } from '../../assembly/abi/width.js';
import type { Emitter } from './emitter.js';
import { Source } from './flag-values.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';

/** i32 and i64 forms of an operation. */
type Pair = readonly [Op, Op];

const ADD: Pair = [Op.I32Add, Op.I64Add];
const SUB: Pair = [Op.I32Sub, Op.I64Sub];
const AND: Pair = [Op.I32And, Op.I64And];
const OR: Pair = [Op.I32Or, Op.I64Or];
const XOR: Pair = [Op.I32Xor, Op.I64Xor];
const MUL: Pair = [Op.I32Mul, Op.I64Mul];

function apply(emitter: Emitter, pair: Pair, width: Width): void {
  emitter.code.op(pair[width === Width.Qword ? 1 : 0]);
}

/** Operand b, or the immediate. */
type Right = (emitter: Emitter, uop: UopFields, width: Width) => void;
const fromRegister: Right = (emitter, uop, width) => emitter.operand(uop.b, width);
const fromImmediate: Right = (emitter, uop, width) => emitter.immediate(width, uop.low, uop.high);

/** Leaves the operands in `FlagLeft` and `FlagRight`. */
function rememberOperands(emitter: Emitter, uop: UopFields, isImmediate: boolean): void {
  const { code } = emitter;
  emitter.remembered(uop.a);
  code.set(Local.FlagLeft);
  if (isImmediate) code.i64(uop.low, uop.high);
  else emitter.remembered(uop.b);
  code.set(Local.FlagRight);
}

/** Pushes a remembered operand as arithmetic of that width wants it; bits above the width do not matter. */
function recall(emitter: Emitter, local: Local, width: Width): void {
  emitter.code.get(local);
  if (width !== Width.Qword) emitter.code.op(Op.I32WrapI64);
}

/** ADD, SUB, CMP, ADC and SBB. */
export function addOrSubtract(source: Source, isWritten: boolean) {
  const isSum = source === Source.Add || source === Source.Adc;
  const isChain = source === Source.Adc || source === Source.Sbb;
  return (emitter: Emitter, uop: UopFields, width: Width, isImmediate: boolean): void => {
    const { code, flags } = emitter;
    if (isChain) pushCarry(emitter, Local.Narrow0);
    rememberOperands(emitter, uop, isImmediate);
    recall(emitter, Local.FlagLeft, width);
    recall(emitter, Local.FlagRight, width);
    apply(emitter, isSum ? ADD : SUB, width);
    if (isChain) {
      code.get(Local.Narrow0);
      if (width === Width.Qword) code.op(Op.I64ExtendI32U);
      apply(emitter, isSum ? ADD : SUB, width);
    }
    emitter.widen(width);
    keepResult(emitter, uop.a, width, isWritten);
    flags.set(source, width);
  };
}

/** `local` ← CF. */
function pushCarry(emitter: Emitter, local: Local): void {
  const { code, flags } = emitter;
  flags.pushCarry();
  code.set(local);
}

/** `FlagResult`, and register `a` if it is written, ← the i64 on top of the stack. */
function keepResult(emitter: Emitter, a: number, width: Width, isWritten: boolean): void {
  const { code } = emitter;
  if (!isWritten) return code.set(Local.FlagResult);
  code.tee(Local.FlagResult);
  emitter.assign(a, width);
}

/** AND, OR, XOR and TEST. */
export function logic(pair: Pair, isWritten: boolean) {
  return (emitter: Emitter, uop: UopFields, width: Width, isImmediate: boolean): void => {
    emitter.operand(uop.a, width);
    (isImmediate ? fromImmediate : fromRegister)(emitter, uop, width);
    apply(emitter, pair, width);
    emitter.widen(width);
    keepResult(emitter, uop.a, width, isWritten);
    emitter.flags.set(Source.Logic, width);
  };
}

export const LOGIC = { AND, OR, XOR } as const;

/** Operations whose flags are dead: a ← a op b. */
export function quiet(pair: Pair) {
  return (emitter: Emitter, uop: UopFields, width: Width, isImmediate: boolean): void => {
    emitter.operand(uop.a, width);
    (isImmediate ? fromImmediate : fromRegister)(emitter, uop, width);
    apply(emitter, pair, width);
    emitter.widen(width);
    emitter.assign(uop.a, width);
  };
}

export const QUIET = { ADD, SUB, AND, OR, XOR } as const;

/** INC and DEC: CF is kept. */
export function step(source: Source.Inc | Source.Dec) {
  return (emitter: Emitter, uop: UopFields, width: Width): void => {
    emitter.flags.beginStep(source);
    emitter.operand(uop.a, width);
    emitter.immediate(width, 1, 0);
    apply(emitter, source === Source.Inc ? ADD : SUB, width);
    emitter.widen(width);
    emitter.code.tee(Local.StepResult);
    emitter.assign(uop.a, width);
    emitter.flags.step(source, width);
  };
}

export function negate(emitter: Emitter, uop: UopFields, width: Width): void {
  const { code, flags } = emitter;
  code.i64(0);
  code.set(Local.FlagLeft);
  emitter.remembered(uop.a);
  code.set(Local.FlagRight);
  recall(emitter, Local.FlagLeft, width);
  recall(emitter, Local.FlagRight, width);
  apply(emitter, SUB, width);
  emitter.widen(width);
  keepResult(emitter, uop.a, width, true);
  flags.set(Source.Sub, width);
}

export function complement(emitter: Emitter, uop: UopFields, width: Width): void {
  emitter.operand(uop.a, width);
  emitter.immediate(width, -1, -1);
  apply(emitter, XOR, width);
  emitter.widen(width);
  emitter.assign(uop.a, width);
}

/** IMUL with two or three operands where its flags are dead: a ← left * b or the immediate. */
export function multiplyQuiet(emitter: Emitter, uop: UopFields, width: Width, isImmediate: boolean): void {
  emitter.operand(isImmediate ? uop.b : uop.a, width);
  (isImmediate ? fromImmediate : fromRegister)(emitter, uop, width);
  apply(emitter, MUL, width);
  emitter.widen(width);
  emitter.assign(uop.a, width);
}

/** Packed floating-point arithmetic and comparison (abi/float-op.ts); float-path.ts says what that means. */
import { FloatOp } from '../../assembly/abi/float-op.js';
import { VectorForm } from '../../assembly/abi/vector-register.js';
import type { Emitter } from './emitter.js';
import { compareLanes, EXTREMES } from './float-lanes.js';
import { orInterpret, type Refuse, requireMode } from './float-path.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Simd } from './simd-opcodes.js';
import { Half } from './vector-registers.js';
import { formOf } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

/** What lanes of a format are handled with. */
interface Lanes {
  readonly isDouble: boolean;
  readonly abs: Simd;
  readonly min: Simd;
  readonly eq: Simd;
  readonly ne: Simd;
  readonly lt: Simd;
  readonly le: Simd;
  readonly ge: Simd;
  /** Gathers the signs of the lanes, and what it gives if all are set. */
  readonly signs: Simd;
  readonly all: number;
  /** The least normal number, twice that, and infinity: the upper or only word of a lane. */
  readonly leastNormal: number;
  readonly small: number;
  readonly infinity: number;
}

// prettier-ignore
const DOUBLES: Lanes = {
  isDouble: true, abs: Simd.F64x2Abs, min: Simd.F64x2PMin, eq: Simd.F64x2Eq, ne: Simd.F64x2Ne, lt: Simd.F64x2Lt,
  le: Simd.F64x2Le, ge: Simd.F64x2Ge, signs: Simd.I64x2BitMask, all: 3,
  leastNormal: 0x0010_0000, small: 0x0020_0000, infinity: 0x7ff0_0000,
};
// prettier-ignore
const SINGLES: Lanes = {
  isDouble: false, abs: Simd.F32x4Abs, min: Simd.F32x4PMin, eq: Simd.F32x4Eq, ne: Simd.F32x4Ne, lt: Simd.F32x4Lt,
  le: Simd.F32x4Le, ge: Simd.F32x4Ge, signs: Simd.I32x4BitMask, all: 15,
  leastNormal: 0x0080_0000, small: 0x0100_0000, infinity: 0x7f80_0000,
};

/** Operations of Wasm for single and double precision. */
const ARITHMETIC: Partial<Record<FloatOp, readonly [Simd, Simd]>> = {
  [FloatOp.Add]: [Simd.F32x4Add, Simd.F64x2Add],
  [FloatOp.Sub]: [Simd.F32x4Sub, Simd.F64x2Sub],
  [FloatOp.Mul]: [Simd.F32x4Mul, Simd.F64x2Mul],
  [FloatOp.Div]: [Simd.F32x4Div, Simd.F64x2Div],
  [FloatOp.Sqrt]: [Simd.F32x4Sqrt, Simd.F64x2Sqrt],
};

/** Locals for the magnitudes of the operands and of a result, and for the results of both halves. */
const {
  Vector0: MAGNITUDE_X,
  Vector1: MAGNITUDE_Y,
  Vector2: MAGNITUDE,
  Vector3: RESULT_LOW,
  Vector4: RESULT_HIGH,
} = Local;

/** One half of an operation. */
interface Part {
  readonly emitter: Emitter;
  readonly lanes: Lanes;
  readonly x: () => void;
  readonly y: () => void;
  readonly result: Local;
}

/** False: the core does it. */
export function packedOperation(emitter: Emitter, uop: UopFields, op: FloatOp, isDouble: boolean): boolean {
  const arithmetic = ARITHMETIC[op];
  const choose = op === FloatOp.Cmp || EXTREMES[op] !== undefined;
  if (arithmetic === undefined && !choose) return false;
  orInterpret(emitter, uop, (refuse) => {
    if (!choose) requireMode(emitter, refuse);
    for (const half of halvesOf(uop)) {
      const part = partOf(emitter, uop, op, isDouble, half);
      if (choose) chooseLanes(part, op, uop.high, refuse);
      else calculate(part, op, refuse);
    }
    storeResults(emitter, uop);
  });
  return true;
}

/** An operation on numbers that are known to do no harm. */
export function packedOrdinary(emitter: Emitter, uop: UopFields, op: FloatOp, isDouble: boolean): void {
  for (const half of halvesOf(uop)) {
    const part = partOf(emitter, uop, op, isDouble, half);
    pushResult(part, op, uop.high);
    emitter.code.set(part.result);
  }
  storeResults(emitter, uop);
}

/** The halves of registers that an operation works on. */
export function halvesOf(uop: UopFields): readonly Half[] {
  return formOf(uop) === VectorForm.Vex256 ? [Half.Low, Half.High] : [Half.Low];
}

function partOf(emitter: Emitter, uop: UopFields, op: FloatOp, isDouble: boolean, half: Half): Part {
  return {
    emitter,
    lanes: isDouble ? DOUBLES : SINGLES,
    x: () => emitter.vectors.push(op === FloatOp.Sqrt ? uop.c : uop.b, half),
    y: () => emitter.vectors.push(uop.c, half),
    result: half === Half.Low ? RESULT_LOW : RESULT_HIGH,
  };
}

function storeResults({ code, vectors }: Emitter, uop: UopFields): void {
  const form = formOf(uop);
  code.get(RESULT_LOW);
  vectors.set(uop.a);
  if (form === VectorForm.Legacy) return;
  if (form === VectorForm.Vex128) return vectors.clearHigh(uop.a);
  code.get(RESULT_HIGH);
  vectors.setHigh(uop.a);
}

/** Pushes the result; the predicate is that of CMP. */
function pushResult({ emitter, lanes, x, y }: Part, op: FloatOp, predicate: number): void {
  const { code } = emitter;
  const format = lanes.isDouble ? 1 : 0;
  const arithmetic = ARITHMETIC[op];
  const extremes = EXTREMES[op];
  if (arithmetic !== undefined) {
    x();
    if (op !== FloatOp.Sqrt) y();
    code.simd(arithmetic[format]);
  } else if (extremes !== undefined) {
    y();
    x();
    code.simd(extremes[format]);
  } else {
    compareLanes(code, lanes.isDouble, predicate, x, y);
  }
}

function calculate(part: Part, op: FloatOp, refuse: Refuse): void {
  const { emitter, lanes, result } = part;
  const { code } = emitter;
  const mayBeTiny = op >= FloatOp.Mul && op !== FloatOp.Sqrt;
  pushResult(part, op, 0);
  code.tee(result);
  code.simd(lanes.abs);
  code.set(MAGNITUDE);
  magnitudes(part);
  // No operand is denormal or zero, no result an infinity, a NaN or tiny: the usual case.
  pushLeast(part);
  if (mayBeTiny) {
    code.get(MAGNITUDE);
    code.simd(lanes.min);
  }
  pushPattern(part, mayBeTiny ? lanes.small : lanes.leastNormal);
  code.simd(lanes.ge);
  isFinite(part);
  code.simd(Simd.And);
  unlessAll(part, () => {
    isFinite(part);
    pushDenormal(part);
    if (mayBeTiny) {
      pushTiny(part);
      code.simd(Simd.Or);
    }
    code.simd(Simd.AndNot);
    unlessAll(part, () => {
      code.i32(1);
      refuse();
    });
  });
}

/** MIN, MAX, CMP: of operands that are neither denormal nor NaNs nothing is signalled, whatever MXCSR says. */
function chooseLanes(part: Part, op: FloatOp, predicate: number, refuse: Refuse): void {
  const { emitter, lanes, result } = part;
  const { code } = emitter;
  const isNumber = (magnitude: Local): void => {
    code.get(magnitude);
    pushPattern(part, lanes.infinity);
    code.simd(lanes.le);
  };
  magnitudes(part);
  isNumber(MAGNITUDE_X);
  isNumber(MAGNITUDE_Y);
  code.simd(Simd.And);
  pushDenormal(part);
  code.simd(Simd.AndNot);
  unlessAll(part, () => {
    code.i32(1);
    refuse();
  });
  pushResult(part, op, predicate);
  code.set(result);
}

function magnitudes({ emitter, lanes, x, y }: Part): void {
  for (const [push, local] of [
    [x, MAGNITUDE_X],
    [y, MAGNITUDE_Y],
  ] as const) {
    push();
    emitter.code.simd(lanes.abs);
    emitter.code.set(local);
  }
}

/** Pushes a number in all lanes. */
function pushPattern({ emitter, lanes }: Part, pattern: number): void {
  emitter.code.splat64(lanes.isDouble ? 0 : pattern, pattern);
}

/** Pushes the smaller magnitudes of the operands. */
function pushLeast({ emitter, lanes }: Part): void {
  emitter.code.get(MAGNITUDE_X);
  emitter.code.get(MAGNITUDE_Y);
  emitter.code.simd(lanes.min);
}

/** Pushes all ones in lanes whose results are numbers below infinity. */
function isFinite(part: Part): void {
  part.emitter.code.get(MAGNITUDE);
  pushPattern(part, part.lanes.infinity);
  part.emitter.code.simd(part.lanes.lt);
}

/** Pushes all ones in lanes where an operand is denormal. */
function pushDenormal(part: Part): void {
  const { code } = part.emitter;
  for (const magnitude of [MAGNITUDE_X, MAGNITUDE_Y]) {
    code.get(magnitude);
    pushPattern(part, part.lanes.leastNormal);
    code.simd(part.lanes.lt);
    code.get(magnitude);
    code.splat64(0, 0);
    code.simd(part.lanes.ne);
    code.simd(Simd.And);
  }
  code.simd(Simd.Or);
}

/** Pushes all ones in lanes whose result might be tiny: it is not if an operand is zero. */
function pushTiny(part: Part): void {
  const { code } = part.emitter;
  code.get(MAGNITUDE);
  pushPattern(part, part.lanes.small);
  code.simd(part.lanes.lt);
  for (const magnitude of [MAGNITUDE_X, MAGNITUDE_Y]) {
    code.get(magnitude);
    code.splat64(0, 0);
    code.simd(part.lanes.eq);
  }
  code.simd(Simd.Or);
  code.simd(Simd.AndNot);
}

/** Emits `otherwise` for where some lane of the vector on top of the stack is clear. */
function unlessAll({ emitter, lanes }: Part, otherwise: () => void): void {
  const { code } = emitter;
  code.simd(lanes.signs);
  code.i32(lanes.all);
  code.op(Op.I32Ne);
  emitter.open(Op.If);
  otherwise();
  emitter.close();
}

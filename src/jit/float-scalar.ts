/** Scalar floating-point arithmetic and comparison (abi/float-op.ts); float-path.ts says what that means. */
import { FloatOp } from '../../assembly/abi/float-op.js';
import type { Emitter } from './emitter.js';
import { setOrder } from './explicit-flags.js';
import {
  loadScalar,
  orInterpret,
  refuseDenormal,
  refuseExtreme,
  refuseInfinite,
  refuseNan,
  requireMode,
  type Scalar,
  scalarOf,
  storeScalar,
} from './float-path.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';
import { compareLanes, EXTREMES } from './float-lanes.js';

/** Operations of Wasm for single and double precision. */
const ARITHMETIC: Partial<Record<FloatOp, readonly [Op, Op]>> = {
  [FloatOp.Add]: [Op.F32Add, Op.F64Add],
  [FloatOp.Sub]: [Op.F32Sub, Op.F64Sub],
  [FloatOp.Mul]: [Op.F32Mul, Op.F64Mul],
  [FloatOp.Div]: [Op.F32Div, Op.F64Div],
  [FloatOp.Sqrt]: [Op.F32Sqrt, Op.F64Sqrt],
};

/** False: the core does it. */
export function scalarOperation(emitter: Emitter, uop: UopFields, op: FloatOp): boolean {
  const scalar = scalarOf(uop);
  const arithmetic = ARITHMETIC[op];
  if (op === FloatOp.Sqrt) squareRoot(emitter, uop, scalar);
  else if (arithmetic !== undefined) calculate(emitter, uop, scalar, op, arithmetic[scalar.isDouble ? 1 : 0]);
  else if (op === FloatOp.Min || op === FloatOp.Max || op === FloatOp.Cmp) choose(emitter, uop, scalar, op);
  else if (op === FloatOp.Comi || op === FloatOp.Ucomi) compareToFlags(emitter, uop, scalar);
  else return false;
  return true;
}

function calculate(emitter: Emitter, uop: UopFields, scalar: Scalar, op: FloatOp, compute: Op): void {
  const { code } = emitter;
  const [first, second, result] = scalar.locals;
  orInterpret(emitter, uop, (refuse) => {
    requireMode(emitter, refuse);
    loadScalar(emitter, scalar, uop.b, first);
    loadScalar(emitter, scalar, uop.c, second);
    refuseDenormal(emitter, scalar, first, refuse);
    refuseDenormal(emitter, scalar, second, refuse);
    code.get(first);
    code.get(second);
    code.op(compute);
    code.set(result);
    // A sum is exact where it is small.
    if (op <= FloatOp.Sub) refuseInfinite(emitter, scalar, result, refuse);
    else refuseExtreme(emitter, scalar, refuse);
    storeScalar(emitter, scalar, uop, () => code.get(result));
  });
}

function squareRoot(emitter: Emitter, uop: UopFields, scalar: Scalar): void {
  const { code } = emitter;
  const [first, , result] = scalar.locals;
  orInterpret(emitter, uop, (refuse) => {
    requireMode(emitter, refuse);
    loadScalar(emitter, scalar, uop.c, first);
    refuseDenormal(emitter, scalar, first, refuse);
    code.get(first);
    code.op(scalar.isDouble ? Op.F64Sqrt : Op.F32Sqrt);
    code.set(result);
    refuseInfinite(emitter, scalar, result, refuse);
    storeScalar(emitter, scalar, uop, () => code.get(result));
  });
}

/** Neither denormal numbers nor NaNs: then nothing is signalled, whatever MXCSR says. */
function loadOrdinary(emitter: Emitter, uop: UopFields, scalar: Scalar, refuse: () => void): void {
  const [first, second] = scalar.locals;
  loadScalar(emitter, scalar, uop.b, first);
  loadScalar(emitter, scalar, uop.c, second);
  for (const operand of [first, second]) {
    refuseDenormal(emitter, scalar, operand, refuse);
    refuseNan(emitter, scalar, operand, refuse);
  }
}

/** MIN, MAX, CMP: on whole vectors, of which the lowest lane counts. */
function choose(emitter: Emitter, uop: UopFields, scalar: Scalar, op: FloatOp): void {
  orInterpret(emitter, uop, (refuse) => {
    loadOrdinary(emitter, uop, scalar, refuse);
    storeScalar(emitter, scalar, uop, () => pushChosen(emitter, uop, scalar, op));
  });
}

function pushChosen({ code, vectors }: Emitter, uop: UopFields, scalar: Scalar, op: FloatOp): void {
  const extremes = EXTREMES[op];
  if (extremes === undefined) {
    compareLanes(
      code,
      scalar.isDouble,
      uop.high,
      () => vectors.push(uop.b),
      () => vectors.push(uop.c),
    );
  } else {
    vectors.push(uop.c);
    vectors.push(uop.b);
    code.simd(extremes[scalar.isDouble ? 1 : 0]);
  }
  code.simdLane(scalar.extract, 0);
}

/** Pushes the result of an operation on numbers that are known to do no harm. */
export function pushScalarResult(emitter: Emitter, uop: UopFields, scalar: Scalar, op: FloatOp): void {
  const compute = ARITHMETIC[op];
  if (compute === undefined) return pushChosen(emitter, uop, scalar, op);
  const { code, vectors } = emitter;
  if (op !== FloatOp.Sqrt) vectors.pushLane(uop.b, scalar.isDouble);
  vectors.pushLane(uop.c, scalar.isDouble);
  code.op(compute[scalar.isDouble ? 1 : 0]);
}

/** COMISS and its like: ZF, PF, CF. */
function compareToFlags(emitter: Emitter, uop: UopFields, scalar: Scalar): void {
  orInterpret(emitter, uop, (refuse) => {
    loadOrdinary(emitter, uop, scalar, refuse);
    setFlags(emitter, scalar);
  });
}

/** ZF, PF and CF ← how the numbers in the first two locals compare. */
function setFlags(emitter: Emitter, scalar: Scalar): void {
  const { code } = emitter;
  const [first, second] = scalar.locals;
  const compare = (op: Op): void => {
    code.get(first);
    code.get(second);
    code.op(op);
  };
  compare(scalar.notEqual);
  code.op(Op.I64ExtendI32U);
  compare(scalar.less);
  setOrder(emitter);
}

/** COMISS of numbers that are known to do no harm. */
export function compareOrdinary(emitter: Emitter, uop: UopFields, scalar: Scalar): void {
  const [first, second] = scalar.locals;
  loadScalar(emitter, scalar, uop.b, first);
  loadScalar(emitter, scalar, uop.c, second);
  setFlags(emitter, scalar);
}

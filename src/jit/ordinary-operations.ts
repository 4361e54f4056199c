/** Floating-point operations within a trial (float-trial.ts): Wasm's arithmetic, and what is known of its results. */
import { FloatFormat, FloatOp } from '../../assembly/abi/float-op.js';
import type { Emitter } from './emitter.js';
import { halvesOf, packedOrdinary } from './float-packed.js';
import { DOUBLE, formatOf, scalarOf, SINGLE, storeScalar } from './float-path.js';
import { convertedRange, type FloatRange, isWithinLimits, rangeOfResult, sumRange } from './float-range.js';
import { compareOrdinary, pushScalarResult } from './float-scalar.js';
import type { KnownNumbers } from './known-numbers.js';
import type { UopFields } from './region.js';
import { Half } from './vector-registers.js';
import { operationOf } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

/** Always true: it is compiled. */
export function ordinaryOperation(emitter: Emitter, uop: UopFields, numbers: KnownNumbers): boolean {
  const op: FloatOp = operationOf(uop);
  const format = formatOf(uop);
  if (op === FloatOp.CvtSs2Sd || op === FloatOp.CvtSd2Ss) {
    convert(emitter, uop, numbers, op === FloatOp.CvtSs2Sd);
    return true;
  }
  const isDouble = (format & 1) !== 0;
  const isWhole = format >= FloatFormat.PackedSingle;
  const halves = halvesOf(uop);
  const ranges = halves.map((half) => lookAtOperands({ uop, op, numbers, half, isDouble, isWhole }));
  if (isWhole) packedOrdinary(emitter, uop, op, isDouble);
  else if (op === FloatOp.Comi || op === FloatOp.Ucomi) compareOrdinary(emitter, uop, scalarOf(uop));
  else {
    const scalar = scalarOf(uop);
    storeScalar(emitter, scalar, uop, () => pushScalarResult(emitter, uop, scalar, op));
  }
  const sums = halves.map((half) => numbers.sumAfter(uop, half, isDouble, isWhole));
  numbers.forget(uop);
  halves.forEach((half, i) => {
    const [range, sum] = [ranges[i], sums[i]];
    if (sum !== undefined) numbers.set(uop.a, half, isDouble, isWhole, sumRange(isDouble), sum);
    else if (range !== undefined) numbers.set(uop.a, half, isDouble, isWhole, range);
    // The root of a negative number is a NaN.
    else if (op === FloatOp.Sqrt) numbers.doubt(uop.a, half, isDouble, isWhole);
  });
  return true;
}

/** One half of an operation. */
interface Part {
  readonly uop: UopFields;
  readonly op: FloatOp;
  readonly numbers: KnownNumbers;
  readonly half: Half;
  readonly isDouble: boolean;
  readonly isWhole: boolean;
}

/** What is known of the result; undefined for roots and comparisons. */
function lookAtOperands({ uop, op, numbers, half, isDouble, isWhole }: Part): FloatRange | undefined {
  const { b, c } = uop;
  if (op === FloatOp.Sqrt) {
    numbers.range(c, half, isDouble, isWhole);
    return undefined;
  }
  const isDivision = op === FloatOp.Div;
  const first = numbers.range(b, half, isDouble, isWhole);
  const second = numbers.range(c, half, isDouble, isWhole, isDivision);
  if (op > FloatOp.Max) return undefined;
  const range = rangeOfResult(op, first, second, isDouble);
  if (isWithinLimits(range, isDouble)) return range;
  const nearer = numbers.doubt(b, half, isDouble, isWhole);
  return rangeOfResult(op, nearer, numbers.doubt(c, half, isDouble, isWhole, isDivision), isDouble);
}

/** CVTSS2SD and CVTSD2SS. */
function convert(emitter: Emitter, uop: UopFields, numbers: KnownNumbers, toDouble: boolean): void {
  const { code } = emitter;
  let range = convertedRange(numbers.range(uop.c, Half.Low, !toDouble, false), toDouble);
  if (!isWithinLimits(range, toDouble)) {
    range = convertedRange(numbers.doubt(uop.c, Half.Low, !toDouble, false), toDouble);
  }
  storeScalar(emitter, toDouble ? DOUBLE : SINGLE, uop, () => {
    emitter.vectors.pushLane(uop.c, !toDouble);
    code.op(toDouble ? Op.F64PromoteF32 : Op.F32DemoteF64);
  });
  numbers.forget(uop);
  numbers.set(uop.a, Half.Low, toDouble, false, range);
}

/** `Uop.Float`: chooses what emits the operation. */
import { FloatFormat, FloatOp } from '../../assembly/abi/float-op.js';
import { Uop } from '../../assembly/abi/uop.js';
import type { Emitter } from './emitter.js';
import { conversion, isConversionCompiled } from './float-convert.js';
import { packedOperation } from './float-packed.js';
import { formatOf } from './float-path.js';
import { integerRange } from './float-range.js';
import { scalarOperation } from './float-scalar.js';
import { ordinaryOperation } from './ordinary-operations.js';
import type { UopFields } from './region.js';
import { Half } from './vector-registers.js';
import { isFromRegister, operationOf } from './vector-use.js';

const OTHERS: ReadonlySet<FloatOp> = new Set([
  FloatOp.Comi,
  FloatOp.Ucomi,
  FloatOp.CvtSs2Sd,
  FloatOp.CvtSd2Ss,
]);

/** False: the core does it. */
export function floatOperation(emitter: Emitter, uop: UopFields): boolean {
  const { numbers, retreat } = emitter;
  if (numbers !== undefined && retreat !== undefined && isLookedAt(uop))
    return ordinaryOperation(emitter, uop, numbers);
  numbers?.forget(uop);
  const op: FloatOp = operationOf(uop);
  const format = formatOf(uop);
  if (isFromRegister(op)) {
    const bits = op === FloatOp.CvtSi64 ? 64 : 32;
    numbers?.set(uop.a, Half.Low, (format & 1) !== 0, false, integerRange(bits));
  }
  if (op >= FloatOp.CvtDq2Ps) return conversion(emitter, uop, op);
  if (format < FloatFormat.PackedSingle) return scalarOperation(emitter, uop, op);
  return packedOperation(emitter, uop, op, format === FloatFormat.PackedDouble);
}

/** Whether the compiler has it. */
export function isFloatCompiled(uop: UopFields): boolean {
  return isLookedAt(uop) || isConversionCompiled(uop, operationOf(uop));
}

/** Whether what is known of its operands spares a look at its result, or at them. */
export function isLookedAt(uop: UopFields): boolean {
  const op: FloatOp = operationOf(uop);
  return uop.code === Uop.Float && ((op >= FloatOp.Add && op <= FloatOp.Cmp) || OTHERS.has(op));
}

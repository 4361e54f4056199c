/** `Uop.Float`: chooses what emits the operation. */
import { FloatFormat, FloatOp } from '../../assembly/abi/float-op.js';
import type { Emitter } from './emitter.js';
import { conversion } from './float-convert.js';
import { packedOperation } from './float-packed.js';
import { formatOf } from './float-path.js';
import { scalarOperation } from './float-scalar.js';
import type { UopFields } from './region.js';
import { operationOf } from './vector-use.js';

/** False: the core does it. */
export function floatOperation(emitter: Emitter, uop: UopFields): boolean {
  const op: FloatOp = operationOf(uop);
  if (op >= FloatOp.CvtDq2Ps) return conversion(emitter, uop, op);
  const format = formatOf(uop);
  if (format < FloatFormat.PackedSingle) return scalarOperation(emitter, uop, op);
  return packedOperation(emitter, uop, op, format === FloatFormat.PackedDouble);
}

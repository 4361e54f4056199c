/** `Uop.Float`: chooses what emits the operation. */
import { FloatFormat, FloatOp } from '../../assembly/abi/float-op.js';
import type { Emitter } from './emitter.js';
import { formatOf } from './float-path.js';
import { scalarOperation } from './float-scalar.js';
import type { UopFields } from './region.js';
import { operationOf } from './vector-use.js';

/** False: the core does it. */
export function floatOperation(emitter: Emitter, uop: UopFields): boolean {
  const op: FloatOp = operationOf(uop);
  if (formatOf(uop) < FloatFormat.PackedSingle && scalarOperation(emitter, uop, op)) return true;
  return false;
}

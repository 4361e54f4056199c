/** Chooses the operation of a `Uop.Float`; no semantics in it. */
import { FloatOp } from './abi/float-op';
import { Flow } from './abi/stop';
import { loadMxcsr, storeMxcsr } from './exec/mxcsr';
import { UopRecord } from './uop-record';

/** Runs an operation that MXCSR governs. Aborts with #XF, or #GP(0) for a reserved bit of MXCSR. */
export function executeFloat(uop: UopRecord): Flow {
  switch (<FloatOp>((<i32>uop.imm) & 0xffff)) {
    case FloatOp.LoadMxcsr:
      return loadMxcsr();
    case FloatOp.StoreMxcsr:
      return storeMxcsr();
    default:
      unreachable();
      return Flow.Abort;
  }
}

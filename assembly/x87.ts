/** Chooses the operation of a `Uop.X87`; no semantics in it. */
import { Flow } from './abi/stop';
import { X87Op } from './abi/x87-op';
import { UopRecord } from './uop-record';
import { initializeX87 } from './x87-state';

/** Runs an x87 operation. Aborts with #MF for a pending exception. */
export function executeX87(uop: UopRecord): Flow {
  switch (<X87Op>((<i32>uop.imm) & 0xffff)) {
    case X87Op.Initialize:
      initializeX87();
      return Flow.Next;
    default:
      unreachable();
      return Flow.Abort;
  }
}

/** Chooses the operation of a `Uop.Float`; no semantics in it. */
import { FloatOp } from './abi/float-op';
import { Flow } from './abi/stop';
import { compareToFlags } from './exec/float-compare';
import {
  convertFromRegister,
  convertScalar,
  convertToRegister,
  executeConversion,
} from './exec/float-convert';
import { executeFused } from './exec/float-fused';
import { convertFromHalf, convertToHalf } from './exec/float-half';
import { executeDotProduct, executeHorizontal } from './exec/float-horizontal';
import { executeAddSub, executeApproximation, executeLanes, isDouble } from './exec/float-lanes';
import { loadMxcsr, storeMxcsr } from './exec/mxcsr';
import { UopRecord } from './uop-record';

/** Runs an operation that MXCSR governs. Aborts with #XF, or #GP(0) for a reserved bit of MXCSR. */
export function executeFloat(uop: UopRecord): Flow {
  const op = <FloatOp>((<i32>uop.imm) & 0xffff);
  switch (op) {
    case FloatOp.LoadMxcsr:
      return loadMxcsr();
    case FloatOp.StoreMxcsr:
      return storeMxcsr();
    case FloatOp.Add:
    case FloatOp.Sub:
    case FloatOp.Mul:
    case FloatOp.Div:
    case FloatOp.Sqrt:
    case FloatOp.Min:
    case FloatOp.Max:
    case FloatOp.Cmp:
    case FloatOp.Round:
      return executeLanes(uop, op);
    case FloatOp.Rcp:
    case FloatOp.Rsqrt:
      return executeApproximation(uop, op);
    case FloatOp.AddSub:
      return executeAddSub(uop);
    case FloatOp.HorizontalAdd:
      return executeHorizontal(uop, FloatOp.Add);
    case FloatOp.HorizontalSub:
      return executeHorizontal(uop, FloatOp.Sub);
    case FloatOp.DotProduct:
      return executeDotProduct(uop);
    case FloatOp.Comi:
    case FloatOp.Ucomi:
      return isDouble(uop) ? compareToFlags<u64, f64>(uop, op) : compareToFlags<u32, f32>(uop, op);
    case FloatOp.Fmadd:
    case FloatOp.Fmsub:
    case FloatOp.Fnmadd:
    case FloatOp.Fnmsub:
    case FloatOp.FmaddSub:
    case FloatOp.FmsubAdd:
      return executeFused(uop, op);
    case FloatOp.CvtDq2Ps:
    case FloatOp.CvtDq2Pd:
    case FloatOp.CvtPs2Dq:
    case FloatOp.CvttPs2Dq:
    case FloatOp.CvtPd2Dq:
    case FloatOp.CvttPd2Dq:
    case FloatOp.CvtPs2Pd:
    case FloatOp.CvtPd2Ps:
      return executeConversion(uop, op);
    case FloatOp.CvtPh2Ps:
      return convertFromHalf(uop);
    case FloatOp.CvtPs2Ph:
      return convertToHalf(uop);
    case FloatOp.CvtSs2Sd:
    case FloatOp.CvtSd2Ss:
      return convertScalar(uop, op);
    case FloatOp.CvtSi32:
    case FloatOp.CvtSi64:
      return convertFromRegister(uop, op);
    case FloatOp.CvtToSi32:
    case FloatOp.CvtToSi64:
    case FloatOp.CvttToSi32:
    case FloatOp.CvttToSi64:
      return convertToRegister(uop, op);
    default:
      unreachable();
      return Flow.Abort;
  }
}

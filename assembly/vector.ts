/** Chooses the operation of a `Uop.Vector`; no semantics in it. */
import { VectorOp } from './abi/vector-op';
import { VectorForm } from './abi/vector-register';
import { vectorAnd, vectorAndNot, vectorMove, vectorOr, vectorXor } from './exec/vector-logic';
import { UopRecord } from './uop-record';
import { clearUpperHalf, vectorAddress } from './vector-file';

/** Runs a vector operation in the form that its micro-op names. It cannot fail. */
export function executeVector(uop: UopRecord): void {
  const to = vectorAddress(uop.a);
  const first = vectorAddress(uop.b);
  const second = vectorAddress(uop.c);
  const op = <VectorOp>((<i32>uop.imm) & 0xffff);
  const form = <VectorForm>(((<i32>uop.imm) >> 16) & 0xf);
  executeHalf(op, to, first, second);
  if (form == VectorForm.Vex256) executeHalf(op, to + 16, first + 16, second + 16);
  else if (form == VectorForm.Vex128) clearUpperHalf(to);
}

/** 128 bits of an operation whose halves are alike. */
function executeHalf(op: VectorOp, to: u32, first: u32, second: u32): void {
  switch (op) {
    case VectorOp.And:
      vectorAnd(to, first, second);
      break;
    case VectorOp.AndNot:
      vectorAndNot(to, first, second);
      break;
    case VectorOp.Or:
      vectorOr(to, first, second);
      break;
    case VectorOp.Xor:
      vectorXor(to, first, second);
      break;
    case VectorOp.Move:
      vectorMove(to, second);
      break;
    default:
      unreachable();
  }
}

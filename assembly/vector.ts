/** Chooses the operation of a `Uop.Vector`; no semantics in it. */
import { VectorOp } from './abi/vector-op';
import { VectorForm } from './abi/vector-register';
import {
  aesDecrypt,
  aesDecryptLast,
  aesEncrypt,
  aesEncryptLast,
  aesInverseMixColumns,
  aesKeyAssist,
} from './exec/aes';
import { carrylessMultiply } from './exec/carryless';
import {
  sha1NextE,
  sha1Rounds,
  sha1Schedule1,
  sha1Schedule2,
  sha256Rounds,
  sha256Schedule1,
  sha256Schedule2,
} from './exec/sha';
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
  const immediate = <u32>(uop.imm >> 32);
  executeHalf(op, to, first, second, immediate);
  if (form == VectorForm.Vex256) executeHalf(op, to + 16, first + 16, second + 16, immediate);
  else if (form == VectorForm.Vex128) clearUpperHalf(to);
}

/** 128 bits of an operation whose halves are alike. */
function executeHalf(op: VectorOp, to: u32, first: u32, second: u32, immediate: u32): void {
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
    case VectorOp.AesEncrypt:
      aesEncrypt(to, first, second);
      break;
    case VectorOp.AesEncryptLast:
      aesEncryptLast(to, first, second);
      break;
    case VectorOp.AesDecrypt:
      aesDecrypt(to, first, second);
      break;
    case VectorOp.AesDecryptLast:
      aesDecryptLast(to, first, second);
      break;
    case VectorOp.AesInverseMixColumns:
      aesInverseMixColumns(to, second);
      break;
    case VectorOp.AesKeyAssist:
      aesKeyAssist(to, second, immediate);
      break;
    case VectorOp.CarrylessMultiply:
      carrylessMultiply(to, first, second, immediate);
      break;
    case VectorOp.Sha1Rounds:
      sha1Rounds(to, first, second, immediate);
      break;
    case VectorOp.Sha1NextE:
      sha1NextE(to, first, second);
      break;
    case VectorOp.Sha1Schedule1:
      sha1Schedule1(to, first, second);
      break;
    case VectorOp.Sha1Schedule2:
      sha1Schedule2(to, first, second);
      break;
    case VectorOp.Sha256Rounds:
      sha256Rounds(to, first, second, vectorAddress(0));
      break;
    case VectorOp.Sha256Schedule1:
      sha256Schedule1(to, first, second);
      break;
    case VectorOp.Sha256Schedule2:
      sha256Schedule2(to, first, second);
      break;
    default:
      unreachable();
  }
}

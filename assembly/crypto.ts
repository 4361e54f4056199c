/** Chooses the operation of a `Uop.Crypto`; no semantics in it. */
import { CryptoOp } from './abi/crypto-op';
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
import { UopRecord } from './uop-record';
import { clearUpperHalf, vectorAddress } from './vector-file';

/** Runs a cryptographic operation in the form that its micro-op names. It cannot fail. */
export function executeCrypto(uop: UopRecord): void {
  const to = vectorAddress(uop.a);
  const first = vectorAddress(uop.b);
  const second = vectorAddress(uop.c);
  const op = <CryptoOp>((<i32>uop.imm) & 0xffff);
  const form = <VectorForm>(((<i32>uop.imm) >> 16) & 0xf);
  const immediate = <u32>(uop.imm >> 32);
  executeHalf(op, to, first, second, immediate);
  if (form == VectorForm.Vex256) executeHalf(op, to + 16, first + 16, second + 16, immediate);
  else if (form == VectorForm.Vex128) clearUpperHalf(to);
}

/** 128 bits of an operation whose halves are alike. */
function executeHalf(op: CryptoOp, to: u32, first: u32, second: u32, immediate: u32): void {
  switch (op) {
    case CryptoOp.AesEncrypt:
      aesEncrypt(to, first, second);
      break;
    case CryptoOp.AesEncryptLast:
      aesEncryptLast(to, first, second);
      break;
    case CryptoOp.AesDecrypt:
      aesDecrypt(to, first, second);
      break;
    case CryptoOp.AesDecryptLast:
      aesDecryptLast(to, first, second);
      break;
    case CryptoOp.AesInverseMixColumns:
      aesInverseMixColumns(to, second);
      break;
    case CryptoOp.AesKeyAssist:
      aesKeyAssist(to, second, immediate);
      break;
    case CryptoOp.CarrylessMultiply:
      carrylessMultiply(to, first, second, immediate);
      break;
    case CryptoOp.Sha1Rounds:
      sha1Rounds(to, first, second, immediate);
      break;
    case CryptoOp.Sha1NextE:
      sha1NextE(to, first, second);
      break;
    case CryptoOp.Sha1Schedule1:
      sha1Schedule1(to, first, second);
      break;
    case CryptoOp.Sha1Schedule2:
      sha1Schedule2(to, first, second);
      break;
    case CryptoOp.Sha256Rounds:
      sha256Rounds(to, first, second, vectorAddress(0));
      break;
    case CryptoOp.Sha256Schedule1:
      sha256Schedule1(to, first, second);
      break;
    case CryptoOp.Sha256Schedule2:
      sha256Schedule2(to, first, second);
      break;
    default:
      unreachable();
  }
}

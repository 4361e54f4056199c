/** AES, carry-less multiplication and SHA (APM vol 4). */
import { Uop } from '../../../assembly/abi/uop.js';
import { CryptoOp } from '../../../assembly/abi/crypto-op.js';
import { VectorAlignment } from '../../../assembly/abi/vector-register.js';
import { Mnemonic } from '../iced-enums.js';
import type { LoweringRows } from './context.js';
import { type BinaryVector, binaryRows } from './vector-row.js';

/** Zen 4 does not demand that the operand in memory is aligned. */
function sha(legacy: Mnemonic, op: CryptoOp): BinaryVector {
  return { legacy, op, alignment: VectorAlignment.None };
}

export const VECTOR_CRYPTO: LoweringRows = binaryRows(Uop.Crypto, [
  { legacy: Mnemonic.Aesenc, vex: Mnemonic.Vaesenc, op: CryptoOp.AesEncrypt },
  { legacy: Mnemonic.Aesenclast, vex: Mnemonic.Vaesenclast, op: CryptoOp.AesEncryptLast },
  { legacy: Mnemonic.Aesdec, vex: Mnemonic.Vaesdec, op: CryptoOp.AesDecrypt },
  { legacy: Mnemonic.Aesdeclast, vex: Mnemonic.Vaesdeclast, op: CryptoOp.AesDecryptLast },
  { legacy: Mnemonic.Aesimc, vex: Mnemonic.Vaesimc, op: CryptoOp.AesInverseMixColumns },
  { legacy: Mnemonic.Aeskeygenassist, vex: Mnemonic.Vaeskeygenassist, op: CryptoOp.AesKeyAssist },
  { legacy: Mnemonic.Pclmulqdq, vex: Mnemonic.Vpclmulqdq, op: CryptoOp.CarrylessMultiply },
  sha(Mnemonic.Sha1rnds4, CryptoOp.Sha1Rounds),
  sha(Mnemonic.Sha1nexte, CryptoOp.Sha1NextE),
  sha(Mnemonic.Sha1msg1, CryptoOp.Sha1Schedule1),
  sha(Mnemonic.Sha1msg2, CryptoOp.Sha1Schedule2),
  sha(Mnemonic.Sha256rnds2, CryptoOp.Sha256Rounds),
  sha(Mnemonic.Sha256msg1, CryptoOp.Sha256Schedule1),
  sha(Mnemonic.Sha256msg2, CryptoOp.Sha256Schedule2),
]);

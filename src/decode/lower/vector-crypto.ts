/** AES, carry-less multiplication and SHA (APM vol 4). */
import { Uop } from '../../../assembly/abi/uop.js';
import { VectorOp } from '../../../assembly/abi/vector-op.js';
import { Feature } from '../features.js';
import { Mnemonic } from '../iced-enums.js';
import type { LoweringRows } from './context.js';
import { type BinaryVector, binaryRows } from './vector-row.js';

const AES = { feature: Feature.Aes, wideFeature: Feature.Vaes };
const CARRYLESS = { feature: Feature.Pclmulqdq, wideFeature: Feature.Vpclmulqdq };

function sha(legacy: Mnemonic, op: VectorOp): BinaryVector {
  return { legacy, op, feature: Feature.Sha };
}

export const VECTOR_CRYPTO: LoweringRows = binaryRows(Uop.Vector, [
  { legacy: Mnemonic.Aesenc, vex: Mnemonic.Vaesenc, op: VectorOp.AesEncrypt, ...AES },
  { legacy: Mnemonic.Aesenclast, vex: Mnemonic.Vaesenclast, op: VectorOp.AesEncryptLast, ...AES },
  { legacy: Mnemonic.Aesdec, vex: Mnemonic.Vaesdec, op: VectorOp.AesDecrypt, ...AES },
  { legacy: Mnemonic.Aesdeclast, vex: Mnemonic.Vaesdeclast, op: VectorOp.AesDecryptLast, ...AES },
  { legacy: Mnemonic.Aesimc, vex: Mnemonic.Vaesimc, op: VectorOp.AesInverseMixColumns, ...AES },
  { legacy: Mnemonic.Aeskeygenassist, vex: Mnemonic.Vaeskeygenassist, op: VectorOp.AesKeyAssist, ...AES },
  { legacy: Mnemonic.Pclmulqdq, vex: Mnemonic.Vpclmulqdq, op: VectorOp.CarrylessMultiply, ...CARRYLESS },
  sha(Mnemonic.Sha1rnds4, VectorOp.Sha1Rounds),
  sha(Mnemonic.Sha1nexte, VectorOp.Sha1NextE),
  sha(Mnemonic.Sha1msg1, VectorOp.Sha1Schedule1),
  sha(Mnemonic.Sha1msg2, VectorOp.Sha1Schedule2),
  sha(Mnemonic.Sha256rnds2, VectorOp.Sha256Rounds),
  sha(Mnemonic.Sha256msg1, VectorOp.Sha256Schedule1),
  sha(Mnemonic.Sha256msg2, VectorOp.Sha256Schedule2),
]);

/**
 * Operations on vector registers that no MXCSR bit can change: `Uop.Vector`.
 *
 * a is the destination, b and c are the sources; the upper half of the immediate is the instruction's imm8. An operation
 * works on 128 bits, and on both halves alike in its 256-bit form, unless its row says otherwise.
 */
export enum VectorOp {
  // Logic.
  And,
  /** a ← ~b & c */
  AndNot,
  Or,
  Xor,
  /** a ← c */
  Move,

  // Cryptography. AES: b is the state, c the round key, or the only source.
  AesEncrypt,
  AesEncryptLast,
  AesDecrypt,
  AesDecryptLast,
  AesInverseMixColumns,
  /** imm8 = round constant */
  AesKeyAssist,
  /** imm8 chooses the quadwords */
  CarrylessMultiply,
  /** imm8 chooses function and constant */
  Sha1Rounds,
  Sha1NextE,
  Sha1Schedule1,
  Sha1Schedule2,
  /** the words are in XMM0 */
  Sha256Rounds,
  Sha256Schedule1,
  Sha256Schedule2,
}

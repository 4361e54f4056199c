/** Cryptographic operations on vector registers: `Uop.Crypto`. Operands and forms as of `VectorOp`. */
export enum CryptoOp {
  // AES: b is the state, c the round key, or the only source.
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

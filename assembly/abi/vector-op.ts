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
}

/** Bits of `param` of the core functions that access elements of vectors one by one. */
export enum MaskedAccess {
  /** The `Seg` of the operand. */
  Segment = 0x7,
  /** Elements of 64 bits instead of 32. */
  Quadwords = 0x8,
  /** 256 bits instead of 128. */
  Wide = 0x10,
  /** Gathers: indices of 64 bits instead of 32. */
  QuadwordIndices = 0x20,
  /** Offsets of elements are truncated to 32 bits. */
  Address32 = 0x40,
  /** Gathers: from this bit on the log2 of the scale. */
  ScaleShift = 7,
  /** Offsets of elements are truncated to 16 bits. */
  Address16 = 0x200,
}

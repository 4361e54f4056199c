/**
 * Operations on vector registers that no MXCSR bit can change: `Uop.Vector`.
 *
 * a is the destination; b, c and, where a row says so, n are the sources: numbers of vector registers. The upper half of the
 * immediate is the instruction's imm8. An operation works on 128 bits, and on both halves alike in its 256-bit form; there
 * the imm8 of the upper half is shifted right by the count in bits 15:8, for instructions whose imm8 has bits for each.
 */
export enum VectorOp {
  // Logic.
  And,
  /** a ← ~b & c */
  AndNot,
  Or,
  Xor,

  // Moves within 128 bits.
  /** a ← c */
  Move,
  /** a ← b with its lowest 32 bits from c */
  MoveLow32,
  MoveLow64,
  /** a ← low 64 bits of c, zero-extended */
  MoveZero64,
  /** a ← b with its low half from the high half of c */
  MoveHighToLow,
  /** a ← each even 64-bit lane of c twice, and so on: MOVDDUP, MOVSLDUP, MOVSHDUP */
  DuplicateEven64,
  DuplicateEven32,
  DuplicateOdd32,

  // Integer arithmetic: a ← b op c, lane by lane. S and U: signed and unsigned lanes; Sat: saturating.
  Add8,
  Add16,
  Add32,
  Add64,
  Sub8,
  Sub16,
  Sub32,
  Sub64,
  AddSatS8,
  AddSatS16,
  AddSatU8,
  AddSatU16,
  SubSatS8,
  SubSatS16,
  SubSatU8,
  SubSatU16,
  AverageU8,
  AverageU16,
  MinS8,
  MinU8,
  MinS16,
  MinU16,
  MinS32,
  MinU32,
  MaxS8,
  MaxU8,
  MaxS16,
  MaxU16,
  MaxS32,
  MaxU32,
  MultiplyLow16,
  MultiplyLow32,
  MultiplyHighS16,
  MultiplyHighU16,
  /** PMULHRSW */
  MultiplyRounded16,
  /** PMULDQ: products of the even lanes */
  MultiplyWideS32,
  MultiplyWideU32,
  /** PMADDWD */
  MultiplyAdd16,
  /** PMADDUBSW */
  MultiplyAdd8,
  /** PSADBW */
  AbsoluteDifferences,
  /** MPSADBW; the imm8 of the upper half begins at bit 3 */
  SlidingDifferences,
  /** a ← b, negated or cleared as c is negative or zero */
  Sign8,
  Sign16,
  Sign32,
  /** sums and differences of neighbours, those of b below those of c */
  AddPairs16,
  AddPairs32,
  AddPairsSatS16,
  SubPairs16,
  SubPairs32,
  SubPairsSatS16,
  Equal8,
  Equal16,
  Equal32,
  Equal64,
  GreaterS8,
  GreaterS16,
  GreaterS32,
  GreaterS64,
  /** a ← f(c) */
  Abs8,
  Abs16,
  Abs32,
  /** PHMINPOSUW of c */
  MinPosition,

  // Shifts of b by imm8.
  ShiftLeft16,
  ShiftLeft32,
  ShiftLeft64,
  ShiftRight16,
  ShiftRight32,
  ShiftRight64,
  ShiftArithmetic16,
  ShiftArithmetic32,
  ShiftLeftBytes,
  ShiftRightBytes,
  // Shifts of b by the lowest 64 bits of n, in both halves.
  ShiftLeftBy16,
  ShiftLeftBy32,
  ShiftLeftBy64,
  ShiftRightBy16,
  ShiftRightBy32,
  ShiftRightBy64,
  ShiftArithmeticBy16,
  ShiftArithmeticBy32,
  // Shifts of b by c, lane by lane.
  ShiftLeftEach32,
  ShiftLeftEach64,
  ShiftRightEach32,
  ShiftRightEach64,
  ShiftArithmeticEach32,

  // Packs and unpacks: what is of b is below what is of c.
  PackS16,
  PackU16,
  PackS32,
  PackU32,
  UnpackLow8,
  UnpackLow16,
  UnpackLow32,
  UnpackLow64,
  UnpackHigh8,
  UnpackHigh16,
  UnpackHigh32,
  UnpackHigh64,

  // Extensions of the lowest lanes of c.
  SignExtend8To16,
  SignExtend8To32,
  SignExtend8To64,
  SignExtend16To32,
  SignExtend16To64,
  SignExtend32To64,
  ZeroExtend8To16,
  ZeroExtend8To32,
  ZeroExtend8To64,
  ZeroExtend16To32,
  ZeroExtend16To64,
  ZeroExtend32To64,

  // Shuffles.
  /** bytes of b, chosen by those of c */
  ShuffleBytes,
  /** lanes of c, chosen by imm8: PSHUFD, PSHUFLW, PSHUFHW */
  Shuffle32,
  ShuffleLow16,
  ShuffleHigh16,
  /** SHUFPS, SHUFPD: lanes of b, then of c */
  ShufflePairs32,
  ShufflePairs64,
  /** VPERMILPS, VPERMILPD by a register: lanes of b, chosen by those of c */
  PermuteBy32,
  PermuteBy64,
  /** PALIGNR: bytes of b:c from imm8 on */
  AlignBytes,
  /** lanes of b or, where imm8 has a one, of c */
  Blend16,
  Blend32,
  Blend64,
  /** lanes of b or, where the lane of n is negative, of c */
  BlendBy8,
  BlendBy32,
  BlendBy64,
  /** a ← b with lane imm8 from the lowest lane of c */
  Insert8,
  Insert16,
  Insert32,
  Insert64,
  /** INSERTPS */
  InsertAny32,
  /** a ← lane imm8 of c, zero-extended */
  Extract8,
  Extract16,
  Extract32,
  Extract64,

  // SSE4A. The length and the index of the field are bytes 0 and 1 of imm8, or where it says `By` of the register named.
  /** a ← field of b */
  ExtractField,
  /** by c */
  ExtractFieldBy,
  /** a ← b with the field from c */
  InsertField,
  /** by the upper half of c */
  InsertFieldBy,
}

/** Operations that do not treat both halves of a 256-bit register alike: `Uop.VectorWhole`. Operands as of `VectorOp`. */
export enum VectorWholeOp {
  /** all lanes of a ← the lowest of c */
  Broadcast8,
  Broadcast16,
  Broadcast32,
  Broadcast64,
  Broadcast128,
  /** low half of a ← low half of c, high half ← the same shifted right by imm8 bytes: what extensions to 256 bits begin with */
  Spread,
  /** VPERM2F128: halves of b and c */
  PermuteHalves,
  /** VPERMQ: lanes of c, chosen by imm8 */
  Permute64,
  /** VPERMD: lanes of c, chosen by those of b */
  PermuteBy32,
  /** a ← b with half imm8 from the low half of c */
  InsertHalf,
  /** a ← half imm8 of c */
  ExtractHalf,
  /** a ← sign bits of the lanes of c, zero-extended */
  Signs8,
  Signs32,
  Signs64,
  /** the upper halves of the first imm8 registers, or all of them ← 0 */
  ZeroUpper,
  ZeroAll,
}

/** Operations that write the status flags alone, from b and c: `Uop.VectorTest`. */
export enum VectorTestOp {
  /** PTEST */
  Bits,
  /** VTESTPS, VTESTPD */
  Signs32,
  Signs64,
}

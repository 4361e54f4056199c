/**
 * Micro-operations: what the decoder emits, the interpreter runs and the compiler compiles.
 *
 * A micro-op is a record of 16 bytes (`UopRecord`): code u16, a u8, b u8, c u8, n u8, ip u16, imm i64. a, b and c
 * are byte offsets into the register file (abi/register.ts) unless the row says otherwise; `ip` is the offset of the
 * instruction from the start of its block. Families are in width order, so `Uop.AddRR8 + log2(bytes)` is the member
 * for a width (families that begin at 16 or 32 bits likewise, from their first).
 */
export enum Uop {
  // Moves. A 32-bit write clears the upper half of its register, 8- and 16-bit writes keep the rest.
  /** a ← b */
  MovRR8,
  MovRR16,
  MovRR32,
  MovRR64,
  /** a ← imm */
  MovRI8,
  MovRI16,
  MovRI32,
  MovRI64,
  /** a ← zero-extended byte b */
  Movzx8To16,
  Movzx8To32,
  Movzx8To64,
  /** a ← zero-extended word b */
  Movzx16To32,
  Movzx16To64,
  /** a ← sign-extended byte b */
  Movsx8To16,
  Movsx8To32,
  Movsx8To64,
  Movsx16To32,
  Movsx16To64,
  Movsx32To64,
  /** a ↔ b */
  Xchg8,
  Xchg16,
  Xchg32,
  Xchg64,
  /** if condition n: a ← b. The 32-bit form clears the upper half either way. */
  Cmov16,
  Cmov32,
  Cmov64,
  /** byte a ← condition n */
  Setcc,
  /** a ← (b + (c << n) + imm) truncated, written as 64 bits */
  Lea16,
  Lea32,
  Lea64,

  // Memory at linear address b + (c << (n & 3)) + imm; n >> 4 is the segment (for #SS). `Wrap`: the address is truncated to 32 bits.
  /** a ← memory */
  Load8,
  Load16,
  Load32,
  Load64,
  LoadWrap8,
  LoadWrap16,
  LoadWrap32,
  LoadWrap64,
  /** a ← memory, after a check that it can be written */
  LoadRmw8,
  LoadRmw16,
  LoadRmw32,
  LoadRmw64,
  LoadRmwWrap8,
  LoadRmwWrap16,
  LoadRmwWrap32,
  LoadRmwWrap64,
  /** memory ← a */
  Store8,
  Store16,
  Store32,
  Store64,
  StoreWrap8,
  StoreWrap16,
  StoreWrap32,
  StoreWrap64,

  // Segmentation: a ← linear address of offset b in segment n & SEGMENT_MASK; imm is the access size in bytes. Checks limit,
  // type and presence, but first the `VectorAlignment` in n >> SEGMENT_ALIGNMENT_SHIFT.
  SegmentRead,
  SegmentWrite,

  // Flat stacks: 64 bits through RSP, or 32 bits through ESP.
  /** push a; stack pointer ESP */
  Push32,
  /** push a; stack pointer RSP */
  Push64,
  /** a ← popped; the stack pointer moves before a is written */
  Pop32,
  Pop64,

  // Arithmetic that writes all status flags: a ← a op b, or a op imm. Cmp and Test only set flags.
  AddRR8,
  AddRR16,
  AddRR32,
  AddRR64,
  AddRI8,
  AddRI16,
  AddRI32,
  AddRI64,
  OrRR8,
  OrRR16,
  OrRR32,
  OrRR64,
  OrRI8,
  OrRI16,
  OrRI32,
  OrRI64,
  AdcRR8,
  AdcRR16,
  AdcRR32,
  AdcRR64,
  AdcRI8,
  AdcRI16,
  AdcRI32,
  AdcRI64,
  SbbRR8,
  SbbRR16,
  SbbRR32,
  SbbRR64,
  SbbRI8,
  SbbRI16,
  SbbRI32,
  SbbRI64,
  AndRR8,
  AndRR16,
  AndRR32,
  AndRR64,
  AndRI8,
  AndRI16,
  AndRI32,
  AndRI64,
  SubRR8,
  SubRR16,
  SubRR32,
  SubRR64,
  SubRI8,
  SubRI16,
  SubRI32,
  SubRI64,
  XorRR8,
  XorRR16,
  XorRR32,
  XorRR64,
  XorRI8,
  XorRI16,
  XorRI32,
  XorRI64,
  CmpRR8,
  CmpRR16,
  CmpRR32,
  CmpRR64,
  CmpRI8,
  CmpRI16,
  CmpRI32,
  CmpRI64,
  TestRR8,
  TestRR16,
  TestRR32,
  TestRR64,
  TestRI8,
  TestRI16,
  TestRI32,
  TestRI64,

  // The same without flags, where the flags die unread.
  AddQuietRR32,
  AddQuietRR64,
  AddQuietRI32,
  AddQuietRI64,
  OrQuietRR32,
  OrQuietRR64,
  OrQuietRI32,
  OrQuietRI64,
  AndQuietRR32,
  AndQuietRR64,
  AndQuietRI32,
  AndQuietRI64,
  SubQuietRR32,
  SubQuietRR64,
  SubQuietRI32,
  SubQuietRI64,
  XorQuietRR32,
  XorQuietRR64,
  XorQuietRI32,
  XorQuietRI64,
  /** keeps CF */
  Inc8,
  Inc16,
  Inc32,
  Inc64,
  /** keeps CF */
  Dec8,
  Dec16,
  Dec32,
  Dec64,
  Neg8,
  Neg16,
  Neg32,
  Neg64,
  /** no flags */
  Not8,
  Not16,
  Not32,
  Not64,

  // Shifts and rotates of a by the count in byte register b (RR) or n (RI); masked to 5 or 6 bits.
  RolRR8,
  RolRR16,
  RolRR32,
  RolRR64,
  RolRI8,
  RolRI16,
  RolRI32,
  RolRI64,
  RorRR8,
  RorRR16,
  RorRR32,
  RorRR64,
  RorRI8,
  RorRI16,
  RorRI32,
  RorRI64,
  RclRR8,
  RclRR16,
  RclRR32,
  RclRR64,
  RclRI8,
  RclRI16,
  RclRI32,
  RclRI64,
  RcrRR8,
  RcrRR16,
  RcrRR32,
  RcrRR64,
  RcrRI8,
  RcrRI16,
  RcrRI32,
  RcrRI64,
  ShlRR8,
  ShlRR16,
  ShlRR32,
  ShlRR64,
  ShlRI8,
  ShlRI16,
  ShlRI32,
  ShlRI64,
  ShrRR8,
  ShrRR16,
  ShrRR32,
  ShrRR64,
  ShrRI8,
  ShrRI16,
  ShrRI32,
  ShrRI64,
  SarRR8,
  SarRR16,
  SarRR32,
  SarRR64,
  SarRI8,
  SarRI16,
  SarRI32,
  SarRI64,
  /** no flags; n is not zero */
  RolQuietRI32,
  RolQuietRI64,
  RorQuietRI32,
  RorQuietRI64,
  ShlQuietRI32,
  ShlQuietRI64,
  ShrQuietRI32,
  ShrQuietRI64,
  SarQuietRI32,
  SarQuietRI64,
  /** a is shifted, b supplies bits, byte register c is the count */
  Shld16,
  Shld32,
  Shld64,
  Shrd16,
  Shrd32,
  Shrd64,

  // Multiply and divide through rAX and rDX; operand b. Divisions can fault.
  Mul8,
  Mul16,
  Mul32,
  Mul64,
  Imul8,
  Imul16,
  Imul32,
  Imul64,
  Div8,
  Div16,
  Div32,
  Div64,
  Idiv8,
  Idiv16,
  Idiv32,
  Idiv64,
  /** a ← a * b */
  Imul2RR16,
  Imul2RR32,
  Imul2RR64,
  /** a ← b * imm */
  Imul3RI16,
  Imul3RI32,
  Imul3RI64,

  // Bits. The bit index is b or imm, taken modulo the operand size.
  BtRR16,
  BtRR32,
  BtRR64,
  BtRI16,
  BtRI32,
  BtRI64,
  BtsRR16,
  BtsRR32,
  BtsRR64,
  BtsRI16,
  BtsRI32,
  BtsRI64,
  BtrRR16,
  BtrRR32,
  BtrRR64,
  BtrRI16,
  BtrRI32,
  BtrRI64,
  BtcRR16,
  BtcRR32,
  BtcRR64,
  BtcRI16,
  BtcRI32,
  BtcRI64,
  /** a ← a + the byte offset of bit b (signed) of a bit string of that operand size */
  BitAddress16,
  BitAddress32,
  BitAddress64,
  /** a ← index of the lowest set bit of b; ZF and a kept if b is zero */
  Bsf16,
  Bsf32,
  Bsf64,
  Bsr16,
  Bsr32,
  Bsr64,
  /** the 16-bit form writes zero, as silicon does */
  Bswap16,
  Bswap32,
  Bswap64,
  /** flags of rAX − a; if equal T1 ← b else T1 ← a and rAX ← a. a holds the memory operand; T1 is to be stored. No memory access. */
  Cmpxchg8,
  Cmpxchg16,
  Cmpxchg32,
  Cmpxchg64,

  // Bit manipulation of POPCNT, LZCNT, BMI1, BMI2 and ADX.
  /** a ← number of ones in b */
  Popcnt16,
  Popcnt32,
  Popcnt64,
  /** a ← leading zeros of b */
  Lzcnt16,
  Lzcnt32,
  Lzcnt64,
  /** a ← trailing zeros of b */
  Tzcnt16,
  Tzcnt32,
  Tzcnt64,
  /** a ← ~b & c */
  Andn32,
  Andn64,
  /** a ← the lowest set bit of b */
  Blsi32,
  Blsi64,
  /** a ← b with ones up to its lowest set bit, and zeros above */
  Blsmsk32,
  Blsmsk64,
  /** a ← b without its lowest set bit */
  Blsr32,
  Blsr64,
  /** a ← the field of b whose start and length are bytes 0 and 1 of c */
  Bextr32,
  Bextr64,
  /** a ← b without the bits from index c on */
  Bzhi32,
  Bzhi64,
  /** a ← a + b + CF; CF alone */
  Adcx32,
  Adcx64,
  /** a ← a + b + OF; OF alone */
  Adox32,
  Adox64,
  /** no flags from here on: a ← low bits of b, spread over the ones of c */
  Pdep32,
  Pdep64,
  /** a ← the bits of b at the ones of c, packed */
  Pext32,
  Pext64,
  /** a:b ← rDX * c */
  Mulx32,
  Mulx64,
  /** a ← b rotated right by n */
  Rorx32,
  Rorx64,
  /** a ← b shifted by c, modulo the operand size */
  Sarx32,
  Sarx64,
  Shlx32,
  Shlx64,
  Shrx32,
  Shrx64,
  /** a ← b with its bytes reversed */
  Movbe16,
  /** a ← CRC32 of a (32 bits) and the bytes of b, which is as wide as the name says */
  Crc32Of8,
  Crc32Of16,
  Crc32Of32,
  Crc32Of64,

  // Flags and decimal arithmetic.
  Clc,
  Stc,
  Cmc,
  Cld,
  Std,
  Sahf,
  Lahf,
  Salc,
  Daa,
  Das,
  Aaa,
  Aas,
  /** imm is the base; zero faults with #DE */
  Aam,
  Aad,

  // Ends of a block. Targets are offsets from Reg.BlockRip: low half of imm = target, high half = next instruction.
  /** continue at the low half of imm: the block ended without a branch */
  Next,
  /** c = log2 of the operand size in bytes: 1 and 2 truncate RIP */
  Jmp,
  /** taken if condition n; c as Jmp */
  Jcc,
  /** RIP ← b; c as Jmp */
  JmpReg,
  /** n = 0 LOOPNE 1 LOOPE 2 LOOP 3 JrCXZ; b = counter width as log2 bytes; c as Jmp */
  Loop,
  /** push the next RIP, go to the target; flat stack */
  CallRel32,
  CallRel64,
  /** #GP(0) unless b is a legal near branch target; c as Jmp */
  CheckTarget,

  // Vectors: registers are numbers in the vector file (abi/vector-register.ts), addresses are as in Load8; bits 3:2 of n are
  // a `VectorAlignment`.
  /** a ← memory; the rest of the register becomes zero */
  LoadVector8,
  LoadVector16,
  LoadVector32,
  LoadVector64,
  LoadVector128,
  LoadVector256,
  /** memory ← low part of a */
  StoreVector8,
  StoreVector16,
  StoreVector32,
  StoreVector64,
  StoreVector128,
  StoreVector256,
  /** low 16 bits of imm = `VectorOp`, bits 19:16 = `VectorForm`, upper half = imm8 */
  Vector,
  /** as Vector, with a `VectorWholeOp` */
  VectorWhole,
  /** as Vector, with a `VectorTestOp`; all status flags */
  VectorTest,
  /** as Vector, with a `CryptoOp` */
  Crypto,
  /** vector a ← zero-extended general register b; bits 19:16 of imm = `VectorForm` */
  MovToVector32,
  MovToVector64,
  /** general register a ← low bits of vector b */
  MovFromVector32,
  MovFromVector64,
  /** raises #MF if an x87 exception waits */
  MmxCheck,
  /** TOP ← 0; no register is empty: what an MMX instruction does that has no `Vector` */
  MmxEnter,
  /** EMMS: TOP ← 0; all registers are empty */
  MmxLeave,
  /** vector a ← zero-extended MMX register b */
  MmxRead,
  /** as Vector, with a `FloatOp` */
  Float,
  /** low 16 bits of imm = `X87Op`, the rest as its row says */
  X87,

  /** Ends a micro-op that compiled code has interpreted by itself (compiled.ts). */
  Done,

  // Everything rare or complicated.
  /** a core function: low 16 bits of imm = SysOp, n = instruction length, a b c and the rest of imm as the SysOp says */
  Sys,
}

/** Bytes of a micro-op record. */
export const UOP_BYTES = 16;

/** Fields of byte n of `SegmentRead` and `SegmentWrite`. */
export const SEGMENT_MASK = 7;
export const SEGMENT_ALIGNMENT_SHIFT = 2;

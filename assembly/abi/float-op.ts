/**
 * Operations that look at MXCSR: `Uop.Float`. Operands and forms as abi/vector-op.ts says, unless the row says otherwise.
 * An exception that MXCSR does not mask aborts with #XF.
 *
 * A scalar operation takes the rest of the lower half of its destination from b.
 */
export enum FloatOp {
  /** MXCSR ← T0; #GP(0) if a reserved bit is set. */
  LoadMxcsr,
  /** T0 ← MXCSR */
  StoreMxcsr,

  // Lane by lane, in any `FloatFormat`.
  Add,
  Sub,
  Mul,
  Div,
  /** a ← the square root of c */
  Sqrt,
  Min,
  Max,
  /** imm8 = predicate, as VCMPPS has them */
  Cmp,
  /** a ← c rounded to integers; imm8 as ROUNDPS has it */
  Round,
  /** a ← approximation of 1 / c */
  Rcp,
  /** a ← approximation of 1 / the square root of c */
  Rsqrt,

  /** Lanes with even numbers are subtracted, the others added. */
  AddSub,
  /** Sums and differences of neighbours. */
  HorizontalAdd,
  HorizontalSub,
  /** imm8 as DPPS has it */
  DotProduct,
  /** ZF, PF, CF ← b compared with c. A QNaN is invalid for the first, not for the second. */
  Comi,
  Ucomi,

  // Fused multiplication and addition, lane by lane: the roles of a, b and c as the `FusedOrder` says.
  /** x * y + z */
  Fmadd,
  /** x * y - z */
  Fmsub,
  /** -(x * y) + z */
  Fnmadd,
  /** -(x * y) - z */
  Fnmsub,
  /** Lanes with even numbers as Fmsub, the others as Fmadd. */
  FmaddSub,
  /** Lanes with even numbers as Fmadd, the others as Fmsub. */
  FmsubAdd,

  // Conversions of packed numbers: a ← c. Where the result is half as wide as the source, the rest becomes zero.
  CvtDq2Ps,
  CvtDq2Pd,
  CvtPs2Dq,
  CvttPs2Dq,
  CvtPd2Dq,
  CvttPd2Dq,
  CvtPs2Pd,
  CvtPd2Ps,
  CvtPh2Ps,
  /** imm8 as VCVTPS2PH has it */
  CvtPs2Ph,
  // Conversions of scalars; the rest comes from b.
  CvtSs2Sd,
  CvtSd2Ss,
  /** a, of a `FloatFormat` ← the general register c */
  CvtSi32,
  CvtSi64,
  /** the general register a ← c, of a `FloatFormat` */
  CvtToSi32,
  CvtToSi64,
  CvttToSi32,
  CvttToSi64,
}

/** What the lanes are, and how many: bits 21:20 of the immediate of the micro-op. */
export enum FloatFormat {
  ScalarSingle,
  ScalarDouble,
  PackedSingle,
  PackedDouble,
}

export const FLOAT_FORMAT_SHIFT = 20;

/** Which operands are x, y and z of a fused operation: bits 23:22 of the immediate. The digits count a, b, c as 1, 2, 3. */
export enum FusedOrder {
  /** x = a, y = c, z = b */
  Order132,
  /** x = b, y = a, z = c */
  Order213,
  /** x = b, y = c, z = a */
  Order231,
}

export const FUSED_ORDER_SHIFT = 22;

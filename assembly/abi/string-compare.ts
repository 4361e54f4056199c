/** Forms of `SysOp.CompareStrings`. */
export enum StringCompare {
  /** The lengths are in rAX and rDX; otherwise each string ends before its first zero. */
  ExplicitLength = 1,
  /** Of 64 bits, not 32. */
  WideLength = 2,
  /** The result is a mask in XMM0; otherwise an index in rCX. */
  Mask = 4,
  /** Writing XMM0 clears the upper half of YMM0 (VEX). */
  ClearUpper = 8,
}

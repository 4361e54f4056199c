/**
 * Operations that look at MXCSR: `Uop.Float`. Operands and forms as abi/vector-op.ts says, unless the row says otherwise.
 * An exception that MXCSR does not mask aborts with #XF.
 */
export enum FloatOp {
  /** MXCSR ← T0; #GP(0) if a reserved bit is set. */
  LoadMxcsr,
  /** T0 ← MXCSR */
  StoreMxcsr,
}

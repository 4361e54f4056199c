/** Operations of the x87 unit: `Uop.X87`. */
export enum X87Op {
  /** FNINIT. */
  Initialize,
}

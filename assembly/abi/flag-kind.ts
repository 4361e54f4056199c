/**
 * How compiled code leaves status flags that nobody has asked for yet: three values and what was done with them
 * (lazy-flags.ts). Families are in width order.
 */
export enum FlagKind {
  /** The flags are in `CpuState`. */
  Settled,
  /** `result` is `flagResult`, `right` is `flagAux` (flags.ts). */
  Explicit,
  /** result = left + right, with or without a carry in */
  Add8,
  Add16,
  Add32,
  Add64,
  /** result = left - right, with or without a borrow in */
  Sub8,
  Sub16,
  Sub32,
  Sub64,
  /** result = whatever, without a carry or an overflow */
  Logic8,
  Logic16,
  Logic32,
  Logic64,
}

/** What was done to another number after that, CF being kept: added to the kind, `STEP_SHIFT` bits up. */
export enum FlagStep {
  None,
  Inc8,
  Inc16,
  Inc32,
  Inc64,
  Dec8,
  Dec16,
  Dec32,
  Dec64,
}

/** What was done after all that, and keeps all flags but CF and OF: added to the kind, `ROTATION_SHIFT` bits up. */
export enum FlagRotation {
  None,
  Rol32,
  Rol64,
  Ror32,
  Ror64,
}

export const STEP_SHIFT = 8;
export const ROTATION_SHIFT = 12;

/** Added to the kind of an addition or subtraction without a carry in: one value is missing, and follows from the others. */
export enum MissingFlag {
  Left = 0x20,
  Right = 0x40,
  Result = 0x80,
}

/** Offsets in the cells that it leaves them in. */
export enum FlagCell {
  Left = 0,
  Right = 8,
  Result = 16,
  Kind = 24,
  /** How many instructions the region may still run where a loop is entered whose flags are in the cells. */
  Remaining = 28,
  /** Results of the step and of the rotation. */
  Step = 32,
  Rotation = 40,
}

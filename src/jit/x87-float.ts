/** Floats as they lie in memory, and as x87 registers hold them. */
import { Width } from '../../assembly/abi/width.js';

/** f32 or f64 in memory. */
export interface Float {
  readonly width: Width;
  readonly bits: number;
  readonly fractionBits: number;
  /** The greatest biased exponent. */
  readonly greatest: number;
  /** What converting to the extended format adds to the exponent. */
  readonly bias: number;
}

export const single: Float = {
  width: Width.Dword,
  bits: 32,
  fractionBits: 23,
  greatest: 0xff,
  bias: 0x3fff - 0x7f,
};
export const double: Float = {
  width: Width.Qword,
  bits: 64,
  fractionBits: 52,
  greatest: 0x7ff,
  bias: 0x3fff - 0x3ff,
};

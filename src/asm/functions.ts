/** Functions of expressions: logarithms of integers, and the bits of floating-point numbers. */
import { Problem } from './diagnostics.js';

/** e: exact, or an error; w: rounded down; f: floor; c: ceiling. */
export type Logarithm = 'e' | 'w' | 'f' | 'c';

/** The logarithm that `__?ilog2e?__` or `__ilog2e__` names. */
export function logarithmNamed(name: string): Logarithm | undefined {
  return /^__\??ilog2([ewfc])\??__$/.exec(name)?.[1] as Logarithm | undefined;
}

/** The logarithm to base 2 of an unsigned number of 64 bits; of 0 it is 0. */
export function logarithm(rounding: Logarithm, number: bigint, column: number): bigint {
  const value = BigInt.asUintN(64, number);
  const isPower = value !== 0n && (value & (value - 1n)) === 0n;
  if (rounding === 'e' && !isPower)
    throw new Problem('EXPRESSION', `${value} is no power of two, which ILOG2E needs`, column);
  const floor = value === 0n ? 0 : value.toString(2).length - 1;
  return BigInt(rounding === 'c' && value !== 0n && !isPower ? floor + 1 : floor);
}

/** What an expression is worth: a 64-bit number plus multiples of section starts and registers. */
import { Problem } from './diagnostics.js';

/** Where a section begins; known only when all of them are laid out. */
export interface Base {
  readonly name: string;
  address: bigint;
}

/** A register, by iced's number, or the start of a section, so many times. */
export interface Term {
  readonly of: Base | number;
  readonly factor: bigint;
  /** The register was written with a factor of 1: NASM then makes it the index. */
  readonly isScaled?: boolean;
}

export interface Value {
  /** Signed, 64 bits. */
  readonly number: bigint;
  readonly terms: readonly Term[];
  /** A symbol that is not defined yet takes part: only the first pass sees that. */
  readonly isUnknown: boolean;
}

const NO_TERMS: readonly Term[] = [];

export function scalar(number: bigint): Value {
  return { number: BigInt.asIntN(64, number), terms: NO_TERMS, isUnknown: false };
}

export const UNKNOWN: Value = { number: 0n, terms: NO_TERMS, isUnknown: true };

/** A plain number: no section, no register. */
export function isScalar({ terms }: Value): boolean {
  return terms.length === 0;
}

export function add(left: Value, right: Value, sign: 1n | -1n = 1n): Value {
  const number = BigInt.asIntN(64, left.number + sign * right.number);
  const isUnknown = left.isUnknown || right.isUnknown;
  if (right.terms.length === 0) return { number, terms: left.terms, isUnknown };
  const terms = [...left.terms];
  for (const { of, factor, isScaled } of right.terms) {
    const at = terms.findIndex((term) => term.of === of);
    const sum = (terms[at]?.factor ?? 0n) + sign * factor;
    if (at < 0) terms.push({ of, factor: sum, isScaled: isScaled ?? false });
    else if (sum === 0n) terms.splice(at, 1);
    else terms[at] = { of, factor: sum };
  }
  return { number, terms, isUnknown };
}

export function multiply(left: Value, right: Value, column: number): Value {
  if (isScalar(left) && isScalar(right))
    return {
      number: BigInt.asIntN(64, left.number * right.number),
      terms: NO_TERMS,
      isUnknown: left.isUnknown || right.isUnknown,
    };
  if (!isScalar(left) && !isScalar(right))
    throw new Problem('EXPRESSION', 'one side of * must be a plain number', column);
  const [value, factor] = isScalar(left) ? [right, left.number] : [left, right.number];
  const isUnknown = left.isUnknown || right.isUnknown;
  if (factor === 0n) return { number: 0n, terms: NO_TERMS, isUnknown };
  return {
    number: BigInt.asIntN(64, value.number * factor),
    terms: value.terms.map((term) => ({ of: term.of, factor: term.factor * factor, isScaled: true })),
    isUnknown,
  };
}

/** The number when sections are where they are now; undefined where a register or a multiple of a section takes part. */
export function resolve({ number, terms }: Value): bigint | undefined {
  let sum = number;
  for (const { of, factor } of terms) {
    if (typeof of === 'number' || factor !== 1n || terms.length > 1) return undefined;
    sum += of.address;
  }
  return BigInt.asIntN(64, sum);
}

/** The address of a symbol when all is laid out; undefined for what has none, like a register. */
export function addressOf(value: Value): bigint | undefined {
  return isScalar(value) ? value.number : resolve(value);
}

/** One register as a debugger sees it: a number of so many bits that can be read and written. */
import { UsageError } from '../../errors.js';

export interface Register {
  readonly bits: number;
  get(): bigint;
  /** @param value Already known to fit. */
  set(value: bigint): void;
}

/** Throws a `UsageError` unless `value` is a whole number that a register of `bits` bits can hold. */
export function toRegisterValue(name: string, bits: number, value: bigint | number): bigint {
  const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (!isWhole || BigInt.asUintN(bits, BigInt(value)) !== BigInt(value))
    throw new UsageError(`${name} holds ${bits} bits, which ${String(value)} does not fit`);
  return BigInt(value);
}

/** Bits `shift` to `shift + bits - 1` of a register. Writing keeps the others, unlike an instruction's 32-bit write. */
export function partOf(whole: Register, shift: number, bits: number): Register {
  const at = BigInt(shift);
  const mask = ((1n << BigInt(bits)) - 1n) << at;
  return {
    bits,
    get: () => (whole.get() & mask) >> at,
    set: (value) => whole.set((whole.get() & ~mask) | (value << at)),
  };
}

/** The names of the parts of a general register, EAX, AX, AL and AH; each with its place. */
export function partNames(name: string): readonly (readonly [name: string, shift: number, bits: number])[] {
  const letters = name.slice(1);
  if (/^r\d+$/.test(name))
    return [
      [`${name}d`, 0, 32],
      [`${name}w`, 0, 16],
      [`${name}b`, 0, 8],
    ];
  const wide = [
    [`e${letters}`, 0, 32],
    [letters, 0, 16],
  ] as const;
  if (!letters.endsWith('x')) return [...wide, [`${letters}l`, 0, 8]];
  const letter = letters.slice(0, 1);
  return [...wide, [`${letter}l`, 0, 8], [`${letter}h`, 8, 8]];
}

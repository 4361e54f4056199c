/**
 * Numbers at the edges of their formats: zeros, denormals, the smallest and largest, infinities, NaNs with payloads, values
 * close to integers and to the limits of conversions, and for 80 bits the encodings that are none of these.
 */
import type { Random } from './random.js';

/** A binary floating-point format: the widths of its fields. */
interface Format {
  readonly exponentBits: number;
  /** Fraction bits above the low word, and in it. */
  readonly highBits: number;
  readonly lowBits: number;
}

const HALF: Format = { exponentBits: 5, highBits: 10, lowBits: 0 };
const SINGLE: Format = { exponentBits: 8, highBits: 23, lowBits: 0 };
const DOUBLE: Format = { exponentBits: 11, highBits: 20, lowBits: 32 };
/** Without its integer bit. */
const EXTENDED: Format = { exponentBits: 15, highBits: 31, lowBits: 32 };
const INTEGER_BIT = 0x8000_0000;

/** Powers of two around which conversions to integers and between formats change. */
const LIMITS = [7, 8, 11, 15, 16, 23, 24, 31, 32, 52, 53, 62, 63, 64, 127, 1023];

/** What an element of memory or of a register is. */
export type Flavour = 'f16' | 'f32' | 'f64' | 'f80' | 'i8' | 'i16' | 'i32' | 'i64' | 'bcd';

export const FLAVOURS: readonly Flavour[] = ['f32', 'f64', 'i8', 'i16', 'i32', 'i64', 'f16'];

const BYTES: Readonly<Record<Flavour, number>> = {
  ...{ f16: 2, f32: 4, f64: 8, f80: 10 },
  ...{ i8: 1, i16: 2, i32: 4, i64: 8, bcd: 10 },
};

/** Fills `bytes` bytes with elements of one flavour; a last one that does not fit stays as it is. */
export function fillWith(
  random: Random,
  view: DataView,
  offset: number,
  bytes: number,
  flavour: Flavour,
): void {
  const step = BYTES[flavour];
  for (let at = offset; at + step <= offset + bytes; at += step) writeElement(random, view, at, flavour);
}

function writeElement(random: Random, view: DataView, at: number, flavour: Flavour): void {
  switch (flavour) {
    case 'f16':
      return view.setUint16(at, shortFloat(random, HALF), true);
    case 'f32':
      return view.setUint32(at, shortFloat(random, SINGLE), true);
    case 'f64':
      return writeDouble(random, view, at);
    case 'f80':
      return writeExtended(random, view, at);
    case 'bcd':
      return writeBcd(random, view, at);
    default:
      return writeInteger(random, view, at, BYTES[flavour]);
  }
}

function shortFloat(random: Random, format: Format): number {
  const { exponentBits, highBits } = format;
  const sign = random.u32() & 1;
  const exponent = exponentOf(random, format);
  return ((sign << (exponentBits + highBits)) | (exponent << highBits) | fraction(random, highBits)) >>> 0;
}

function writeDouble(random: Random, view: DataView, at: number): void {
  const exponent = exponentOf(random, DOUBLE);
  const sign = random.u32() & INTEGER_BIT;
  const [high, low] = longFraction(random, DOUBLE);
  view.setUint32(at, low, true);
  view.setUint32(at + 4, (sign | (exponent << DOUBLE.highBits) | high) >>> 0, true);
}

/** Mostly with the integer bit that the exponent asks for; else pseudo-denormals, unnormals, pseudo-infinities and -NaNs. */
function writeExtended(random: Random, view: DataView, at: number): void {
  const exponent = exponentOf(random, EXTENDED);
  const [high, low] = longFraction(random, EXTENDED);
  const isNormal = (exponent !== 0) !== random.chance(0.08);
  view.setUint32(at, low, true);
  view.setUint32(at + 4, (high | (isNormal ? INTEGER_BIT : 0)) >>> 0, true);
  view.setUint16(at + 8, exponent | (random.u32() & 0x8000), true);
}

/** Eighteen decimal digits and a sign; now and then a digit that is none. */
function writeBcd(random: Random, view: DataView, at: number): void {
  const digit = () => (random.chance(0.01) ? random.below(16) : random.below(10));
  for (let i = 0; i < 9; i++) view.setUint8(at + i, digit() | (digit() << 4));
  view.setUint8(at + 9, random.chance(0.5) ? 0 : random.chance(0.8) ? 0x80 : random.below(256));
}

function writeInteger(random: Random, view: DataView, at: number, bytes: number): void {
  const roll = random.below(16);
  const [first, rest, last] =
    roll < 2
      ? [0, 0, 0]
      : roll < 3
        ? [1, 0, 0]
        : roll < 5
          ? [0xff, 0xff, 0xff]
          : roll < 6
            ? [0xfe, 0xff, 0xff]
            : roll < 8
              ? [0, 0, 0x80]
              : roll < 10
                ? [0xff, 0xff, 0x7f]
                : [-1, -1, -1];
  for (let i = 0; i < bytes; i++) {
    const byte = i === bytes - 1 && (bytes > 1 || roll >= 6) ? last : i === 0 ? first : rest;
    view.setUint8(at + i, byte < 0 ? random.u32() & 0xff : byte);
  }
}

function exponentOf(random: Random, { exponentBits }: Format): number {
  const most = (1 << exponentBits) - 1;
  const bias = most >> 1;
  const roll = random.below(100);
  if (roll < 10) return 0;
  if (roll < 16) return 1 + random.below(3);
  if (roll < 24) return most;
  if (roll < 30) return most - 1 - random.below(3);
  if (roll < 65) return bias - 4 + random.below(9);
  if (roll < 80) return Math.min(most, Math.max(0, bias + random.pick(LIMITS) - random.below(3)));
  if (roll < 85) return Math.max(0, bias - random.below(80));
  return random.below(most + 1);
}

function fraction(random: Random, bits: number): number {
  const all = 2 ** bits - 1;
  const roll = random.below(16);
  if (roll < 3) return 0;
  if (roll < 4) return all;
  if (roll < 5) return 1;
  if (roll < 6) return 2 ** (bits - 1);
  if (roll < 8) return all - (2 ** random.below(bits) - 1); // ones from the top
  if (roll < 9) return 2 ** random.below(bits);
  return random.u32() & all;
}

function longFraction(random: Random, { highBits }: Format): [high: number, low: number] {
  const roll = random.below(16);
  const high = fraction(random, highBits);
  if (roll < 5) return [high, 0];
  if (roll < 7) return [2 ** highBits - 1, (0xffff_ffff << random.below(32)) >>> 0];
  if (roll < 8) return [0, 1 << random.below(32)];
  return [high, random.u32()];
}

/** Decimal and hexadecimal floating-point text to the bits of IEEE 754 formats and of x87's extended one, rounded to nearest even. */
import { Problem } from './diagnostics.js';

interface FloatFormat {
  readonly exponentBits: number;
  /** Bits of the significand that are stored. */
  readonly fractionBits: number;
  /** x87 stores the leading 1, which the others imply. */
  readonly hasExplicitOne: boolean;
}

/** By size in bytes. */
const FORMATS: Readonly<Record<number, FloatFormat>> = {
  1: { exponentBits: 4, fractionBits: 3, hasExplicitOne: false },
  2: { exponentBits: 5, fractionBits: 10, hasExplicitOne: false },
  4: { exponentBits: 8, fractionBits: 23, hasExplicitOne: false },
  8: { exponentBits: 11, fractionBits: 52, hasExplicitOne: false },
  10: { exponentBits: 15, fractionBits: 64, hasExplicitOne: true },
  16: { exponentBits: 15, fractionBits: 112, hasExplicitOne: false },
};

const BFLOAT16: FloatFormat = { exponentBits: 8, fractionBits: 7, hasExplicitOne: false };

/** What `__?float80e?__` and its kind take of a number: its format, and which bits. */
interface FloatPart {
  readonly format: FloatFormat;
  readonly from: number;
  readonly bits: number;
}

const PARTS: Readonly<Record<string, FloatPart>> = {
  bfloat16: { format: BFLOAT16, from: 0, bits: 16 },
  float8: { format: FORMATS[1]!, from: 0, bits: 8 },
  float16: { format: FORMATS[2]!, from: 0, bits: 16 },
  float32: { format: FORMATS[4]!, from: 0, bits: 32 },
  float64: { format: FORMATS[8]!, from: 0, bits: 64 },
  float80m: { format: FORMATS[10]!, from: 0, bits: 64 },
  float80e: { format: FORMATS[10]!, from: 64, bits: 16 },
  float128l: { format: FORMATS[16]!, from: 0, bits: 64 },
  float128h: { format: FORMATS[16]!, from: 64, bits: 64 },
};

/** Beyond it, powers of ten are too long to be worth computing: every format is at 0 or infinity by then. */
const MOST_EXPONENT = 20_000;

/** Names of what no digits spell. */
const SPECIAL: Readonly<Record<string, 'infinity' | 'quiet' | 'signalling'>> = {
  infinity: 'infinity',
  nan: 'quiet',
  qnan: 'quiet',
  snan: 'signalling',
};

/** The special value that `__Infinity__` or `__?NaN?__` names. */
export function specialFloat(name: string): string | undefined {
  const inner = /^__\??(\w+?)\??__$/.exec(name)?.[1]?.toLowerCase();
  return inner !== undefined && Object.hasOwn(SPECIAL, inner) ? inner : undefined;
}

/** The part of a number's bits that `__?float32?__` or `__float80e__` names; undefined if it names none. */
export function floatPartNamed(
  name: string,
): ((text: string, isNegative: boolean, column: number) => bigint) | undefined {
  const inner = /^__\??(\w+?)\??__$/.exec(name)?.[1];
  if (inner === undefined || !Object.hasOwn(PARTS, inner)) return undefined;
  const { format, from, bits } = PARTS[inner]!;
  return (text, isNegative, column) =>
    BigInt.asUintN(bits, encode(text, isNegative, format, column) >> BigInt(from));
}

/** The bits of a float of `bytes` bytes. `text` is a number or the name of a special value, without a sign. */
export function floatBits(text: string, isNegative: boolean, bytes: number, column = 0): bigint {
  const format = FORMATS[bytes];
  if (format === undefined)
    throw new Problem('EXPRESSION', `there is no floating-point number of ${bytes} bytes`, column);
  return encode(text, isNegative, format, column);
}

function encode(text: string, isNegative: boolean, format: FloatFormat, column: number): bigint {
  const sign = isNegative ? 1n << BigInt(format.exponentBits + format.fractionBits) : 0n;
  const special = SPECIAL[text];
  if (special !== undefined) return sign | specialBits(special, format);
  const [numerator, denominator] = parseRational(text, column);
  return sign | (numerator === 0n ? 0n : roundToFormat(numerator, denominator, format));
}

function specialBits(special: 'infinity' | 'quiet' | 'signalling', format: FloatFormat): bigint {
  const { exponentBits, fractionBits, hasExplicitOne } = format;
  const exponent = ((1n << BigInt(exponentBits)) - 1n) << BigInt(fractionBits);
  const top = BigInt(fractionBits - 1);
  const one = hasExplicitOne ? 1n << top : 0n;
  const quiet = 1n << (hasExplicitOne ? top - 1n : top);
  const payload = { infinity: 0n, quiet, signalling: 1n }[special];
  return exponent | one | payload;
}

/** The value as a fraction of integers. */
function parseRational(text: string, column: number): [numerator: bigint, denominator: bigint] {
  const plain = text.replaceAll('_', '');
  const hex = /^0[xh]([\da-f]*)\.?([\da-f]*)(?:p([+-]?\d+))?$/i.exec(plain);
  const decimal = /^(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(plain);
  const match = hex ?? decimal;
  const [, whole = '', fraction = '', power = '0'] = match ?? [];
  if (match === null || whole + fraction === '')
    throw new Problem('EXPRESSION', `${JSON.stringify(text)} is no floating-point number`, column);
  const digits = BigInt((hex ? '0x0' : '0') + whole + fraction);
  const exponent = Math.max(-MOST_EXPONENT, Math.min(MOST_EXPONENT, Number(power)));
  const scale = hex ? exponent - 4 * fraction.length : exponent - fraction.length;
  const base = hex ? 2n : 10n;
  return scale >= 0 ? [digits * base ** BigInt(scale), 1n] : [digits, base ** BigInt(-scale)];
}

/** A positive fraction as exponent and fraction bits. */
function roundToFormat(numerator: bigint, denominator: bigint, format: FloatFormat): bigint {
  const { exponentBits, fractionBits, hasExplicitOne } = format;
  const precision = hasExplicitOne ? fractionBits : fractionBits + 1;
  const bias = (1 << (exponentBits - 1)) - 1;
  let exponent = floorLog2(numerator, denominator);
  const least = 1 - bias;
  if (exponent < least) exponent = least;
  let significand = roundedQuotient(numerator, denominator, exponent - (precision - 1));
  if (significand >> BigInt(precision) !== 0n) {
    significand >>= 1n;
    exponent += 1;
  }
  if (exponent > bias) return specialBits('infinity', format);
  const isNormal = significand >> BigInt(precision - 1) !== 0n;
  const fraction = hasExplicitOne ? significand : significand & ((1n << BigInt(fractionBits)) - 1n);
  return (BigInt(isNormal ? exponent + bias : 0) << BigInt(fractionBits)) | fraction;
}

function floorLog2(numerator: bigint, denominator: bigint): number {
  const guess = bitLength(numerator) - bitLength(denominator);
  const isLess =
    guess >= 0 ? numerator < denominator << BigInt(guess) : numerator << BigInt(-guess) < denominator;
  return isLess ? guess - 1 : guess;
}

function bitLength(value: bigint): number {
  const hex = value.toString(16);
  return hex.length * 4 - (Math.clz32(parseInt(hex[0] ?? '0', 16)) - 28);
}

/** numerator / (denominator · 2^scale), rounded to nearest, ties to even. */
function roundedQuotient(numerator: bigint, denominator: bigint, scale: number): bigint {
  const top = scale < 0 ? numerator << BigInt(-scale) : numerator;
  const bottom = scale > 0 ? denominator << BigInt(scale) : denominator;
  const quotient = top / bottom;
  const twice = (top % bottom) * 2n;
  const roundUp = twice > bottom || (twice === bottom && (quotient & 1n) === 1n);
  return roundUp ? quotient + 1n : quotient;
}

/** Exact arithmetic against rational numbers, and against what silicon gave where x86 has its own rules. */
import { describe, expect, it } from 'vitest';
import { calculate, decode, type Exact, round } from './exact.js';
import { createSoftfloat, OPERATIONS, type Operation, type Precision } from './module.js';

const softfloat = await createSoftfloat();

const INVALID = 1;
const ZERO_DIVIDE = 4;
const OVERFLOW = 8;
const UNDERFLOW = 16;
const PRECISION = 32;
const EXCEPTIONS = 63;
const ROUNDED_UP = 256;
const CASES = 3000;
/** What x87 takes from or adds to an exponent. */
const WRAP = 24576;

/** Xorshift. */
function generator(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state ^= (state << 13n) & 0xffffffffffffffffn;
    state ^= state >> 7n;
    state ^= (state << 17n) & 0xffffffffffffffffn;
    return state;
  };
}

/** A finite number: any exponent, the extremes often; a fraction of random bits or of a run of ones. */
function finite(next: () => bigint, precision: Precision): bigint {
  const width = precision === 24 ? 32n : 64n;
  const fractionBits = BigInt(precision - 1);
  const greatest = (1n << (width - BigInt(precision))) - 1n;
  const middle = greatest / 2n - 40n + (next() % 80n);
  const exponent = [0n, 1n, greatest - 1n, middle, middle, next() % greatest][Number(next() % 6n)] ?? middle;
  const run = next() % fractionBits;
  const ones = (1n << fractionBits) - 1n;
  const fraction = [next() & ones, 0n, ones >> run, (ones << run) & ones, 1n << run][Number(next() % 5n)]!;
  return ((next() & 1n) << (width - 1n)) | (exponent << fractionBits) | fraction;
}

describe.each([24, 53] as const)('%d bits of precision', (precision) => {
  it.each(OPERATIONS)('%s rounds as IEEE 754 says', (operation) => {
    const next = generator(BigInt(precision * 1000 + OPERATIONS.indexOf(operation) + 1));
    const count = operation === 'squareRoot' ? CASES / 20 : CASES;
    for (let i = 0; i < count; i++) {
      const operands = [finite(next, precision), finite(next, precision), finite(next, precision)];
      if (operation === 'squareRoot') operands[0]! &= ~(1n << (precision === 24 ? 31n : 63n));
      check(operation, precision, operands, i % 4);
    }
  });
});

function check(operation: Operation, precision: Precision, operands: bigint[], mode: number): void {
  const [a, b, c] = operands.map((bits) => decode(bits, precision)) as [Exact, Exact, Exact];
  if (operation === 'divide' && b.numerator === 0n) return;
  const exact = calculate(operation, a, b, c);
  // The sign of a zero is not in the fraction: rows below have it.
  if (exact.numerator === 0n) return;
  const expected = round(exact, precision, mode);
  softfloat.setEnvironment(mode, EXCEPTIONS, 0, 0);
  operands.forEach((bits, i) => softfloat.operand(i, precision, bits, 0));
  softfloat.calculate(OPERATIONS.indexOf(operation));
  const bits = softfloat.rounded(precision, 0);
  const flags =
    (expected.isInexact ? PRECISION : 0) |
    (expected.isOverflow ? OVERFLOW : 0) |
    (expected.isInexact && expected.isTiny ? UNDERFLOW : 0);
  const name = `${operation} ${operands.map((x) => x.toString(16)).join(' ')} mode ${mode}`;
  expect({ name, bits: BigInt.asUintN(64, bits), flags: softfloat.exceptions() & EXCEPTIONS }).toEqual({
    name,
    bits: expected.bits,
    flags,
  });
}

type Extended = readonly [signExponent: number, significand: bigint];
const ONE: Extended = [0x3fff, 0x8000000000000000n];
const MINUS_ONE: Extended = [0xbfff, 0x8000000000000000n];
const ZERO: Extended = [0, 0n];
const MINUS_ZERO: Extended = [0x8000, 0n];
const INFINITY: Extended = [0x7fff, 0x8000000000000000n];
const MINUS_INFINITY: Extended = [0xffff, 0x8000000000000000n];
const INDEFINITE: Extended = [0xffff, 0xc000000000000000n];
const LARGEST: Extended = [0x7ffe, 0xffffffffffffffffn];
const LEAST_NORMAL: Extended = [1, 0x8000000000000000n];
const LEAST: Extended = [0, 1n];
const ULP: Extended = [0x3fff - 63, 0x8000000000000000n];
const TENTH_ULP: Extended = [0x3fff - 67, 0x8000000000000000n];
const [NEAREST, DOWN, UP, TO_ZERO] = [0, 1, 2, 3];

describe('the extended format', () => {
  // prettier-ignore
  it.each<[name: string, operation: Operation, a: Extended, b: Extended, mode: number, precision: number, masks: number, result: Extended, exceptions: number]>([
    ['1 - 1 is +0',                     'subtract', ONE, ONE, NEAREST, 64, 63, ZERO, 0],
    ['1 - 1 is -0 rounding down',       'subtract', ONE, ONE, DOWN, 64, 63, MINUS_ZERO, 0],
    ['-0 + -0 is -0',                   'add', MINUS_ZERO, MINUS_ZERO, NEAREST, 64, 63, MINUS_ZERO, 0],
    ['-0 + 0 is 0',                     'add', MINUS_ZERO, ZERO, NEAREST, 64, 63, ZERO, 0],
    ['infinity - infinity',             'subtract', INFINITY, INFINITY, NEAREST, 64, 63, INDEFINITE, INVALID],
    ['0 * infinity',                    'multiply', ZERO, INFINITY, NEAREST, 64, 63, INDEFINITE, INVALID],
    ['0 / 0',                           'divide', ZERO, ZERO, NEAREST, 64, 63, INDEFINITE, INVALID],
    ['-1 / 0',                          'divide', MINUS_ONE, ZERO, NEAREST, 64, 63, MINUS_INFINITY, ZERO_DIVIDE],
    ['infinity / 0',                    'divide', INFINITY, ZERO, NEAREST, 64, 63, INFINITY, 0],
    ['root of -1',                      'squareRoot', MINUS_ONE, ONE, NEAREST, 64, 63, INDEFINITE, INVALID],
    ['root of -0',                      'squareRoot', MINUS_ZERO, ONE, NEAREST, 64, 63, MINUS_ZERO, 0],
    ['an exact last bit',               'add', ONE, ULP, NEAREST, 64, 63, [0x3fff, 0x8000000000000001n], 0],
    ['less than half of it',            'add', ONE, TENTH_ULP, NEAREST, 64, 63, ONE, PRECISION],
    ['less than half of it, up',        'add', ONE, TENTH_ULP, UP, 64, 63, [0x3fff, 0x8000000000000001n], PRECISION | ROUNDED_UP],
    ['24 bits of precision',            'add', ONE, ULP, UP, 24, 63, [0x3fff, 0x8000010000000000n], PRECISION | ROUNDED_UP],
    ['53 bits of precision',            'add', ONE, ULP, UP, 53, 63, [0x3fff, 0x8000000000000800n], PRECISION | ROUNDED_UP],
    ['overflow',                        'add', LARGEST, LARGEST, NEAREST, 64, 63, INFINITY, OVERFLOW | PRECISION | ROUNDED_UP],
    ['overflow, to zero',               'add', LARGEST, LARGEST, TO_ZERO, 64, 63, LARGEST, OVERFLOW | PRECISION],
    ['unmasked overflow wraps',         'add', LARGEST, LARGEST, NEAREST, 64, 63 & ~OVERFLOW, [0x7fff - WRAP, 0xffffffffffffffffn], OVERFLOW],
    ['an exact denormal is no underflow', 'subtract', LEAST_NORMAL, LEAST, NEAREST, 64, 63, [0, 0x7fffffffffffffffn], 0],
    ['unmasked, it is one',             'subtract', LEAST_NORMAL, LEAST, NEAREST, 64, 63 & ~UNDERFLOW, [WRAP, 0xfffffffffffffffen], UNDERFLOW],
    ['an inexact denormal',             'multiply', LEAST, [0x3ffe, 0xc000000000000000n], NEAREST, 64, 63, LEAST, UNDERFLOW | PRECISION | ROUNDED_UP],
    ['a third',                         'divide', ONE, [0x4000, 0xc000000000000000n], NEAREST, 64, 63, [0x3ffd, 0xaaaaaaaaaaaaaaabn], PRECISION | ROUNDED_UP],
    ['root of 2',                       'squareRoot', [0x4000, 0x8000000000000000n], ONE, NEAREST, 64, 63, [0x3fff, 0xb504f333f9de6484n], PRECISION],
  ])('%s', (_name, operation, a, b, mode, precision, masks, result, exceptions) => {
    softfloat.setEnvironment(mode, masks, 0, WRAP);
    [a, b].forEach(([signExponent, significand], i) => softfloat.operand(i, 64, significand, signExponent));
    softfloat.calculate(OPERATIONS.indexOf(operation));
    const significand = BigInt.asUintN(64, softfloat.rounded(64, precision));
    expect([softfloat.signExponent(), significand]).toEqual(result);
    expect(softfloat.exceptions()).toBe(exceptions);
  });
});

describe('integers', () => {
  // prettier-ignore
  it.each<[name: string, bits: bigint, mode: number, width: number, integer: bigint, exceptions: number]>([
    ['2.5 to even',             0x4004000000000000n, NEAREST, 32, 2n, PRECISION],
    ['2.5 up',                  0x4004000000000000n, UP, 32, 3n, PRECISION | ROUNDED_UP],
    ['-0.5 to even',            0xbfe0000000000000n, NEAREST, 32, 0n, PRECISION],
    ['-0.5 down',               0xbfe0000000000000n, DOWN, 32, -1n, PRECISION | ROUNDED_UP],
    ['the least denormal up',   1n, UP, 64, 1n, PRECISION | ROUNDED_UP],
    ['32767.5 does not fit',    0x40dfffe000000000n, NEAREST, 16, -32768n, INVALID],
    ['-2^31 fits',              0xc1e0000000000000n, NEAREST, 32, -0x80000000n, 0],
    ['2^31 does not',           0x41e0000000000000n, NEAREST, 32, -0x80000000n, INVALID],
    ['-2^63 fits',              0xc3e0000000000000n, NEAREST, 64, -0x8000000000000000n, 0],
    ['2^64 does not',           0x43f0000000000000n, NEAREST, 64, -0x8000000000000000n, INVALID],
    ['infinity',                0x7ff0000000000000n, NEAREST, 64, -0x8000000000000000n, INVALID],
    ['a NaN',                   0x7ff8000000000000n, NEAREST, 16, -32768n, INVALID],
  ])('%s', (_name, bits, mode, width, integer, exceptions) => {
    softfloat.setEnvironment(mode, EXCEPTIONS, 0, 0);
    softfloat.operand(0, 53, bits, 0);
    expect(softfloat.integer(width)).toBe(integer);
    expect(softfloat.exceptions()).toBe(exceptions);
  });

  it('become the nearest number', () => {
    softfloat.setEnvironment(NEAREST, EXCEPTIONS, 0, 0);
    softfloat.setInteger(-0x7fffffffffffffffn);
    expect(BigInt.asUintN(64, softfloat.rounded(53, 0))).toBe(0xc3e0000000000000n);
    expect(softfloat.exceptions()).toBe(PRECISION | ROUNDED_UP);
  });

  it('are rounded to in place', () => {
    softfloat.setEnvironment(DOWN, EXCEPTIONS, 0, 0);
    softfloat.operand(0, 24, 0xc0200000n, 0);
    softfloat.integral();
    expect(softfloat.rounded(24, 0)).toBe(0xc0400000n);
    expect(softfloat.exceptions()).toBe(PRECISION | ROUNDED_UP);
  });
});

describe('f16', () => {
  // prettier-ignore
  it.each([
    ['the largest',         65504n, 0x7bffn, 0],
    ['what rounds down to it', 65519n, 0x7bffn, PRECISION],
    ['what overflows',      65520n, 0x7c00n, OVERFLOW | PRECISION | ROUNDED_UP],
  ])('%s', (_name, integer, bits, exceptions) => {
    softfloat.setEnvironment(NEAREST, EXCEPTIONS, 0, 0);
    softfloat.setInteger(integer);
    expect(softfloat.rounded(11, 0)).toBe(bits);
    expect(softfloat.exceptions()).toBe(exceptions);
  });
});

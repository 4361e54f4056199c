/**
 * The x87 unit's arithmetic, loads and stores of numbers, most of which softfloat has no part in, give what softfloat gives.
 * Operands are where that could go wrong: near each other, near the ends of the range, with runs of ones, and special.
 */
import { describe, expect, it } from 'vitest';
import { Machine } from '../../helpers/machine.js';
import { MASK_ALL, OPERAND, runX87, st, statusOf } from '../../helpers/x87.js';
import { Random } from '../../silicon/random.js';
import { createSoftfloat, type Precision } from '../softfloat/module.js';

const SEED = 20261122;
const CASES = 700;
const EXCEPTIONS = 0x3f;
const ALL_MASKED = 0x3f;
/** Exceptions whose rules are x87's own: invalid and denormal operands, division by zero. */
const ABOVE_SOFTFLOAT = 7;
const OWN = EXCEPTIONS & ~ABOVE_SOFTFLOAT;
const ROUNDED_UP = 0x100;
const C1 = 0x200;
const EXTENDED = 64;
const WRAP = 24576;

const [machine, softfloat] = await Promise.all([Machine.create(), createSoftfloat()]);
machine.long();
const random = new Random(SEED);

interface Operand {
  readonly significand: bigint;
  readonly signExponent: number;
}

function word(): bigint {
  return (BigInt(random.u32()) << 32n) | BigInt(random.u32());
}

/** A normal number with its exponent near the middle or at an end; now and then a zero. */
function operand(): Operand {
  const sign = random.below(2) << 15;
  if (random.chance(0.05)) return { significand: 0n, signExponent: sign };
  const middle = 0x3fff + random.below(9) - 4;
  const far = 0x3fff + random.below(300) - 150;
  const exponent = random.pick([middle, middle, middle, far, 0x403e, 0x401e, 1, 2, 0x7ffd, 0x7ffe]);
  const ones = (1n << 64n) - 1n;
  const run = BigInt(random.below(64));
  const integer = 1n << 63n;
  const significand = random.pick([
    ...[word(), word(), word() & ~0x7ffn, word() & ~0xffffffffffn, 0n, ones],
    ...[ones << run, ones >> run, integer >> run, ones ^ (1n << run)],
  ]);
  return { significand: (significand & ones) | integer, signExponent: sign | exponent };
}

function textOf({ significand, signExponent }: Operand): string {
  const hex = (value: bigint | number, digits: number): string => value.toString(16).padStart(digits, '0');
  return `${hex(signExponent, 4)}:${hex(significand, 16)}`;
}

/** Precision and rounding control, with all exceptions masked: mostly as FNINIT leaves them. */
function control(): { word: number; bits: number; rounding: number } {
  const [field, bits] = random.pick([
    [3, 64],
    [3, 64],
    [2, 53],
    [0, 24],
  ] as const);
  const rounding = random.chance(0.6) ? 0 : random.below(4);
  return { word: (MASK_ALL & ~0x300) | (field << 8) | (rounding << 10), bits, rounding };
}

function begin(rounding: number, operands: readonly Operand[]): void {
  softfloat.setEnvironment(rounding, ALL_MASKED, 0, WRAP);
  operands.forEach(({ significand, signExponent }, i) =>
    softfloat.operand(i, EXTENDED, significand, signExponent),
  );
}

/** The exceptions that rounding raises, and C1, as FSW has them. */
function roundingStatus(): number {
  const signalled = softfloat.exceptions();
  return (signalled & OWN) | ((signalled & ROUNDED_UP) !== 0 ? C1 : 0);
}

describe('arithmetic', () => {
  // prettier-ignore
  it.each([
    ['fadd', 'd8c1', 0], ['fsub', 'd8e1', 1], ['fmul', 'd8c9', 2], ['fdiv', 'd8f1', 3], ['fsqrt', 'd9fa', 4],
  ])('%s', (_, code, operation) => {
    for (let n = 0; n < CASES; n++) {
      const [a, b] = [operand(), operand()];
      const { word: fcw, bits, rounding } = control();
      begin(rounding, [a, b]);
      softfloat.calculate(operation);
      const significand = BigInt.asUintN(64, softfloat.rounded(EXTENDED, bits));
      const expected = [textOf({ significand, signExponent: softfloat.signExponent() }), roundingStatus()];
      runX87(machine, code, { stack: [textOf(a), textOf(b)], control: fcw });
      const result = [st(machine, 0), statusOf(machine) & (OWN | C1)];
      expect(result, `${textOf(a)} ${textOf(b)} control ${fcw.toString(16)}`).toEqual(expected);
    }
  });
});

describe('stores', () => {
  it.each<[string, string, Precision]>([
    ['fstp m32', 'd91b', 24],
    ['fstp m64', 'dd1b', 53],
  ])('%s', (_, code, precision) => {
    for (let n = 0; n < CASES; n++) {
      const a = operand();
      const { word: fcw, rounding } = control();
      begin(rounding, [a, a]);
      // The sum of a number and nothing is the number.
      softfloat.operand(1, EXTENDED, 0n, a.signExponent & 0x8000);
      softfloat.calculate(0);
      const expected = [softfloat.rounded(precision, 0), roundingStatus()];
      runX87(machine, code, { stack: [textOf(a)], control: fcw });
      const { words } = machine.core;
      const bits =
        precision === 24 ? BigInt(words.getUint32(OPERAND, true)) : words.getBigUint64(OPERAND, true);
      expect([BigInt.asUintN(64, bits), statusOf(machine) & (OWN | C1)], textOf(a)).toEqual([
        BigInt.asUintN(precision === 24 ? 32 : 64, expected[0] as bigint),
        expected[1],
      ]);
    }
  });

  it.each([
    ['fistp m16', 'df1b', 16],
    ['fistp m32', 'db1b', 32],
    ['fistp m64', 'df3b', 64],
  ])('%s', (_, code, bits) => {
    for (let n = 0; n < CASES; n++) {
      const a = operand();
      const { word: fcw, rounding } = control();
      begin(rounding, [a]);
      const integer = softfloat.integer(bits);
      const invalid = softfloat.exceptions() & 1;
      const expected = [BigInt.asUintN(bits, integer), roundingStatus() | invalid];
      runX87(machine, code, { stack: [textOf(a)], control: fcw });
      const stored = BigInt.asUintN(bits, machine.core.words.getBigUint64(OPERAND, true));
      expect([stored, statusOf(machine) & (OWN | C1 | 1)], textOf(a)).toEqual(expected);
    }
  });
});

/** Encodings that Zen 4 runs and the manual does not have. */
import { describe, expect, it } from 'vitest';
import { Mode } from '../../assembly/abi/processor-bits.js';
import { lower } from './decoding.js';

const AVX = Mode.Osfxsr | Mode.Avx;
const NOP = '90';
/** Micro-ops of core functions name the length of their instruction. */
const withoutLength = (uops: string[]) => uops.map((uop) => uop.replace(/ n\d+ /, ' '));

it.each([
  ['vpermq ymm0,ymm1,5', 'c4e37d00c105', 'c4e3fd00c105'],
  ['vpermpd ymm0,ymm1,5', 'c4e37d01c105', 'c4e3fd01c105'],
  ['vpermq ymm9,[fs:rax],5', '64c4637d000805', '64c463fd000805'],
  // Where it is decides where the operand is.
  ['vpermq ymm0,[rip+100h],5', 'c4e37d00050001000005', 'c4e3fd00050001000005'],
])('%s', (_text, without, withW) => {
  const expected = lower('long', NOP + withW + NOP, AVX);
  expect(lower('long', NOP + without + NOP, AVX)).toEqual(expected);
  expect(expected.join()).toContain('Permute64');
});

it.each([
  ['of 128 bits', 'c4e37900c105'],
  ['with another prefix', 'c4e37e00c105'],
  ['VPERM2F128 without 66', 'c4e37c06c105'],
])('no other is decoded: %s', (_name, bytes) => {
  expect(lower('long', bytes, AVX)[0]).toMatch(/Sys Undefined/);
});

it('is not complete without its last byte', () => {
  expect(lower('long', 'c4e37d00c1', AVX)).toEqual([]);
});

describe('LOCK VERW', () => {
  it.each([
    ['verw [rax]', '0f0028'],
    ['verw [rbp+8]', '0f006d08'],
    ['verw [rip+100h]', '0f002d00010000'],
  ])('is %s', (_text, bytes) => {
    const locked = lower('flat', `f0${bytes}`);
    expect(withoutLength(locked).slice(0, -1)).toEqual(withoutLength(lower('flat', bytes)).slice(0, -1));
    expect(locked.join()).toContain('Verw');
  });

  it.each([
    ['of a register', 'f00f00e8'],
    ['VERR', 'f00f0020'],
  ])('but not %s', (_name, bytes) => {
    expect(lower('flat', bytes)[0]).toMatch(/Sys Undefined/);
  });
});

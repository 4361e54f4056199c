/** PCMPISTRI, PCMPISTRM, PCMPESTRI, PCMPESTRM (APM vol 4 §1.5). */
import { beforeEach, describe, expect, it } from 'vitest';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableVectors, setVector, upperHalf, xmm } from '../../helpers/vector-registers.js';

const CF = 0x1;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;
const STATUS = 0x8d5;

/** Bits of the immediate. */
const WORDS = 1;
const SIGNED = 2;
const EQUAL_ANY = 0;
const RANGES = 4;
const EQUAL_EACH = 8;
const EQUAL_ORDERED = 12;
const NEGATIVE = 0x10;
const MASKED_NEGATIVE = 0x30;
const HIGHEST_OR_WIDE = 0x40;

const PCMPESTRM = '660f3a60ca';
const PCMPESTRI = '660f3a61ca';
const PCMPISTRM = '660f3a62ca';
const PCMPISTRI = '660f3a63ca';
const VPCMPISTRM = 'c4e37962ca';
const PCMPESTRI64 = '66480f3a61ca';

const machine = await Machine.create();

/** A string as a vector, zeros behind it. */
function vector(text: string): string {
  const bytes = [...text.padEnd(16, '\0')].map((letter) =>
    letter.charCodeAt(0).toString(16).padStart(2, '0'),
  );
  return bytes.reverse().join('');
}

function run(instruction: string, first: string, second: string, immediate: number): number {
  setVector(machine, 1, first);
  setVector(machine, 2, second);
  const code = [...hex(instruction), immediate];
  expect(outcomeOf(machine, code)).toBe('completed');
  return Number(machine.rflags) & STATUS;
}

/** What PCMPISTRM makes of two strings: a bit for each element. */
function mask(first: string, second: string, immediate: number): number {
  run(PCMPISTRM, vector(first), vector(second), immediate);
  return parseInt(xmm(machine, 0), 16);
}

beforeEach(() => {
  enableVectors(machine);
  machine.core.vectorRegisters.fill(0xee);
});

describe('each aggregation, polarity and format', () => {
  const text = 'hello world';
  const full = '0123456789abcdef';
  it.each([
    ['any: the vowels', 'aeiou', text, EQUAL_ANY, 0x92],
    ['any: nothing in an empty set', '', text, EQUAL_ANY, 0],
    ['ranges: letters', 'az', text, RANGES, 0x7df],
    ['ranges: the second of a pair is missing', 'azA', 'AbC', RANGES, 2],
    ['negative: of every element', 'az', text, RANGES | NEGATIVE, 0xf820],
    ['negative: of those in the string', 'az', text, RANGES | MASKED_NEGATIVE, 0x20],
    ['each: equal while both last, and after both end', 'help', text, EQUAL_EACH, 0xf807],
    ['ordered: a letter', 'o', text, EQUAL_ORDERED, 0x90],
    ['ordered: a word', 'world', text, EQUAL_ORDERED, 0x40],
    ['ordered: may go on behind the end', 'fgh', full, EQUAL_ORDERED, 0x8000],
    ['ordered: the empty string is everywhere', '', text, EQUAL_ORDERED, 0xffff],
    ['bytes without a sign: 80h is above 7fh', '\x01\x7f', '\x80\x7f\x01', RANGES, 6],
    ['bytes with a sign: 80h is below', '\x80\x7f', '\x80\x7f\x01', RANGES | SIGNED, 7],
    ['words: a zero byte does not end a string', 'a\0b\0', 'b\0a\0c\0', EQUAL_ANY | WORDS, 3],
    ['words with a sign', '\0\x80\xff\xff', '\x01\x80\x01\0', RANGES | WORDS | SIGNED, 1],
    ['bit 7 does nothing', 'o', text, EQUAL_ORDERED | 0x80, 0x90],
  ])('%s', (_name, first, second, immediate, expected) => {
    expect(mask(first, second, immediate)).toBe(expected);
  });
});

describe('results', () => {
  it('are a lowest or a highest index in rCX, with its upper half clear', () => {
    machine.state.setBig('rcx', ~0n & 0xffff_ffff_ffff_ffffn);
    run(PCMPISTRI, vector('o'), vector('hello world'), EQUAL_ANY);
    expect(machine.state.num('rcx')).toBe(4);
    run(PCMPISTRI, vector('o'), vector('hello world'), EQUAL_ANY | HIGHEST_OR_WIDE);
    expect(machine.state.num('rcx')).toBe(7);
  });

  it.each([
    [EQUAL_ANY, 16],
    [EQUAL_ANY | WORDS, 8],
  ])('are the number of elements if nothing is found', (immediate, expected) => {
    run(PCMPISTRI, vector('x'), vector('hello'), immediate);
    expect(machine.state.num('rcx')).toBe(expected);
  });

  it('are a mask of whole elements with bit 6', () => {
    run(PCMPISTRM, vector('el'), vector('hello'), EQUAL_ANY | HIGHEST_OR_WIDE);
    expect(xmm(machine, 0)).toBe('000000000000000000000000ffffff00');
    run(PCMPISTRM, vector('e\0'), vector('he\0\0e\0'), EQUAL_ANY | WORDS | HIGHEST_OR_WIDE);
    expect(xmm(machine, 0)).toBe('00000000000000000000000000000000');
    expect(upperHalf(machine, 0)).toBe('ee'.repeat(16));
  });

  it('clear the upper half of YMM0 in the VEX form', () => {
    run(VPCMPISTRM, vector('el'), vector('hello'), EQUAL_ANY);
    expect([xmm(machine, 0), upperHalf(machine, 0)]).toEqual(['e'.padStart(32, '0'), '0'.repeat(32)]);
  });
});

it.each([
  ['both end, the first element is set', 'h', 'hello', CF | ZF | SF | OF],
  ['the second does not end', 'x', '0123456789abcdef', SF],
  ['the first does not end', '0123456789abcdef', 'x1', ZF | CF],
  ['nothing ends', '0123456789abcdef', 'xxxxxxxxxxxxxxx0', CF],
])('flags: %s', (_name, first, second, expected) => {
  expect(run(PCMPISTRI, vector(first), vector(second), EQUAL_ANY)).toBe(expected);
});

describe('explicit lengths', () => {
  const zeros = '0'.repeat(32);
  it.each([
    [3n, 5n, 0x7],
    [-3n, -5n, 0x7],
    [100n, 5n, 0x1f],
    [-0x8000_0000n, 5n, 0x1f],
    [0n, 5n, 0],
    [0x1_0000_0003n, 5n, 7],
  ])('EAX = %s, EDX = %s', (rax, rdx, equal) => {
    machine.state.setBig('rax', BigInt.asUintN(64, rax));
    machine.state.setBig('rdx', BigInt.asUintN(64, rdx));
    const flags = run(PCMPESTRM, zeros, zeros, EQUAL_EACH | MASKED_NEGATIVE);
    // Masked: what is equal among the five elements of the second string is zero.
    expect(parseInt(xmm(machine, 0), 16) & 0x1f).toBe(0x1f & ~equal);
    expect(flags & ZF).toBe(ZF);
  });

  it('are of 64 bits with REX.W', () => {
    machine.state.setBig('rax', 0x1_0000_0003n);
    machine.state.setBig('rdx', 5n);
    expect(run(PCMPESTRI, zeros, zeros, EQUAL_EACH) & SF).toBe(SF);
    expect(run(PCMPESTRI64, zeros, zeros, EQUAL_EACH) & SF).toBe(0);
  });
});

it('take an operand in memory that is not aligned', () => {
  machine.state.setNum('rbx', 0x2001);
  expect(outcomeOf(machine, [...hex('660f3a630b00')])).toBe('completed');
});

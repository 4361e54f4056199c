/** AES, carry-less multiplication, SHA and CRC32: published examples, and what each form writes. */
import { describe, expect, it } from 'vitest';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableVectors, setVector, upperHalf, xmm } from '../../helpers/vector-registers.js';

const machine = await Machine.create();

/** Runs one instruction on XMM1 and XMM2. */
function run(bytes: string, xmm1: string, xmm2: string): string {
  enableVectors(machine);
  machine.core.vectorRegisters.fill(0xee);
  setVector(machine, 1, xmm1);
  setVector(machine, 2, xmm2);
  expect(outcomeOf(machine, [...hex(bytes)])).toBe('completed');
  return xmm(machine, 1);
}

/** The bytes of a standard's example, whose first byte is lowest in the register. */
function inOrder(digits: string): string {
  return (digits.match(/../g) ?? []).reverse().join('');
}

describe('AES: FIPS 197 Appendix B', () => {
  const round1 = inOrder('193de3bea0f4e22b9ac68d2ae9f84808');
  const key1 = inOrder('a0fafe1788542cb123a339392a6c7605');
  const round2 = inOrder('a49c7ff2689f352b6b5bea43026a5049');
  const round10 = inOrder('eb40f21e592e38848ba113e71bc342d2');
  const key10 = inOrder('d014f9a8c9ee2589e13f0cc8b6630ca6');
  const cipher = inOrder('3925841d02dc09fbdc118597196a0b32');

  it('encrypts a round and the last round', () => {
    expect(run('660f38dcca', round1, key1)).toBe(round2);
    expect(run('660f38ddca', round10, key10)).toBe(cipher);
  });

  it('decrypts what it encrypts', () => {
    const zero = '0'.repeat(32);
    // AESDECLAST undoes ShiftRows and SubBytes; the round key and MixColumns have to go before.
    const mixed = run('660f38dbca', '', run('660f38dcca', round1, zero));
    expect(run('660f38dfca', mixed, zero)).toBe(round1);
    // AESDEC is the same and an inverse MixColumns behind it.
    expect(run('660f38deca', mixed, zero)).toBe(run('660f38dbca', '', round1));
  });

  it('expands a key', () => {
    const key = '2b7e151628aed2a6abf7158809cf4f3c';
    const words = run('660f3adfca01', '', inOrder(key));
    // Appendix A.1: SubWord(RotWord(09cf4f3c)) with the round constant is 8b84eb01.
    expect(inOrder(words).slice(24)).toBe('8b84eb01');
  });
});

it('PCLMULQDQ multiplies the chosen quadwords', () => {
  // Intel's white paper on PCLMULQDQ, Figure 6 and its neighbours.
  const first = '7b5b54657374566563746f725d53475d';
  const second = '48692853686179295b477565726f6e5d';
  expect(run('660f3a44ca00', first, second)).toBe('1d4d84c85c3440c0929633d5d36f0451');
  expect(run('660f3a44ca10', first, second)).toBe('1bd17c8d556ab5a17fa540ac2a281315');
  expect(run('660f3a44ca01', first, second)).toBe('1a2bf6db3a30862fbabf262df4b7d5c9');
  expect(run('660f3a44ca11', first, second)).toBe('1d1e1f2c592e7c45d66ee03e410fd4ed');
});

describe('forms', () => {
  const state = '000102030405060708090a0b0c0d0e0f';
  const key = 'f0e1d2c3b4a5968778695a4b3c2d1e0f';

  it('keep the upper half in the legacy form and clear it in VEX.128', () => {
    const legacy = run('660f38dcca', state, key);
    expect(upperHalf(machine, 1)).toBe('ee'.repeat(16));
    expect(run('c4e271dcca', state, key)).toBe(legacy);
    expect(upperHalf(machine, 1)).toBe('00'.repeat(16));
  });

  it('treat the halves of VEX.256 alike', () => {
    const legacy = run('660f38dcca', state, key);
    run('c4e275dcca', state + state, key + key);
    expect([xmm(machine, 1), upperHalf(machine, 1)]).toEqual([legacy, legacy]);
  });

  it('need an aligned operand in memory only without VEX', () => {
    enableVectors(machine).state.setNum('rbx', 0x2008);
    expect(outcomeOf(machine, [...hex('660f38dc0b')])).toBe('#GP(0)');
    expect(outcomeOf(machine, [...hex('c4e271dc0b')])).toBe('completed');
  });
});

// CRC-32C of RFC 3720 §B.4, but for its final inversion: 32 bytes of zeros, and of ones.
it.each([
  [0n, 0x8a9136aa],
  [0xffff_ffff_ffff_ffffn, 0x62a8ab43],
])('CRC32 goes over four times %x as RFC 3720 says', (quadword, digest) => {
  machine.long();
  machine.state.setBig('rax', 0xffff_ffffn);
  machine.state.setBig('rcx', quadword);
  for (let i = 0; i < 4; i++) expect(outcomeOf(machine, [...hex('f2480f38f1c1')])).toBe('completed');
  expect(machine.state.num('rax')).toBe(~digest >>> 0);
});

it.each([
  ['f20f38f0c1', 0x11, 'of a byte'],
  ['f20f38f0c5', 0x22, 'of CH'],
])('CRC32 %s', (bytes, byte) => {
  machine.long();
  machine.state.setBig('rcx', 0x2211n);
  machine.state.setBig('rax', 0xffff_ffff_0000_0000n);
  outcomeOf(machine, [...hex(bytes)]);
  const one = machine.state.num('rax');
  let remainder = byte;
  for (let i = 0; i < 8; i++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f63b78 : 0);
  expect(one).toBe(remainder >>> 0);
});

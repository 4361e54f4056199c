/** MASKMOVQ and MASKMOVDQU: which bytes they write, and what they check. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Seg } from '../../../assembly/abi/register.js';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableVectors, setVector } from '../../helpers/vector-registers.js';

const DATA = 0x2000;
const UNMAPPED = 0x4000_0000;
const MASKMOVDQU_XMM1_XMM2 = '660ff7ca';
const VMASKMOVDQU_XMM1_XMM2 = 'c5f9f7ca';
const MASKMOVQ_MM1_MM2 = '0ff7ca';
const ADDRESS_SIZE = '67';
const CR0_AM = 0x4_0000n;
const RFLAGS_AC = 0x4_0002n;
const SELECT_EVEN = '00800080008000800080008000800080';

const machine = await Machine.create();
const { state, core } = machine;

function run(bytes: string, rdi: number | bigint): string {
  state.setBig('rdi', BigInt(rdi));
  return outcomeOf(machine, [...hex(bytes)]);
}

beforeEach(() => {
  enableVectors(machine);
  core.write(DATA, new Uint8Array(32).fill(0xee));
  setVector(machine, 1, '0f0e0d0c0b0a09080706050403020100');
  setVector(machine, 2, SELECT_EVEN);
  const mm = new DataView(core.x87Registers.buffer, core.x87Registers.byteOffset);
  mm.setBigUint64(16, 0x0706050403020100n, true);
  mm.setBigUint64(32, 0x7f80_7f80_7f80_7f80n, true);
});

describe('write the bytes whose mask is negative', () => {
  const half = [0, 0xee, 2, 0xee, 4, 0xee, 6, 0xee];
  it.each([
    ['MASKMOVDQU', MASKMOVDQU_XMM1_XMM2, [...half, 8, 0xee, 10, 0xee, 12, 0xee, 14, 0xee]],
    ['VMASKMOVDQU', VMASKMOVDQU_XMM1_XMM2, [...half, 8, 0xee, 10, 0xee, 12, 0xee, 14, 0xee]],
    ['MASKMOVQ', MASKMOVQ_MM1_MM2, [...half, ...Array<number>(8).fill(0xee)]],
  ])('%s', (_name, bytes, expected) => {
    expect(run(bytes, DATA + 1)).toBe('completed');
    expect([...core.read(DATA + 1, 16)]).toEqual(expected);
  });

  it('at an address of the address size', () => {
    expect(run(ADDRESS_SIZE + MASKMOVQ_MM1_MM2, 0x5_0000_0000n + BigInt(DATA))).toBe('completed');
    expect([...core.read(DATA, 8)]).toEqual(half);
  });
});

describe('check the whole operand', () => {
  it('even if no byte is selected', () => {
    setVector(machine, 2, '0'.repeat(32));
    expect(run(MASKMOVDQU_XMM1_XMM2, UNMAPPED - 15)).toBe('#PF(2)');
  });

  it('and write nothing if a part of it cannot be written', () => {
    expect(run(MASKMOVDQU_XMM1_XMM2, UNMAPPED - 8)).toMatch(/^#PF/);
    expect(run(MASKMOVDQU_XMM1_XMM2, UNMAPPED - 16)).toBe('completed');
  });

  it('one half after the other: a page fault of the lower comes before the limit of the upper', () => {
    const compatibilityCode = 0xc9b;
    state.setSegment(Seg.Cs, { ...state.segment(Seg.Cs), attributes: compatibilityCode });
    state.setSegment(Seg.Ds, { ...state.segment(Seg.Ds), limit: UNMAPPED + 7 });
    core.exports.updateMode();
    expect(run(MASKMOVDQU_XMM1_XMM2, UNMAPPED)).toBe('#PF(2)');
    expect(run(MASKMOVDQU_XMM1_XMM2, UNMAPPED + 4)).toBe('#GP(0)');
  });

  it.each([
    [8, 'completed'],
    [4, '#AC(0)'],
  ])('for alignment to 8 bytes: offset %i', (offset, outcome) => {
    enableVectors(machine, 3);
    state.setBig('cr0', state.big('cr0') | CR0_AM);
    machine.rflags = RFLAGS_AC;
    expect(run(MASKMOVDQU_XMM1_XMM2, DATA + offset)).toBe(outcome);
  });
});

it('MASKMOVQ has changed x87 state when it faults', () => {
  state.set('x87Top', 3);
  expect(run(MASKMOVQ_MM1_MM2, UNMAPPED)).toMatch(/^#PF/);
  expect([state.get('x87Top'), state.get('x87Tags')]).toEqual([0, 0xff]);
});

/** Masked moves and gathers: what faults, and what is left behind then (APM vol 4). */
import { beforeEach, describe, expect, it } from 'vitest';
import { Rflags } from '../../../assembly/abi/processor-bits.js';
import { hex } from '../../decode/decoding.js';
import { CODE, Machine } from '../../helpers/machine.js';
import { exitInformation, outcomeOf } from '../../helpers/outcome.js';
import { enableVectors, setVector, upperHalf, xmm } from '../../helpers/vector-registers.js';

const machine = await Machine.create();
/** The first GiB is mapped: what lies across its end faults behind it. */
const END = 0x4000_0000;
const DATA = 0x2000;
const NOT_PRESENT_READ = '#PF(0)';

function run(bytes: string, rbx: number): string {
  machine.state.setNum('rbx', rbx);
  return outcomeOf(machine, [...hex(bytes)]);
}

function ymm(n: number): string {
  return `${upperHalf(machine, n)}_${xmm(machine, n)}`;
}

beforeEach(() => {
  enableVectors(machine);
  machine.core.write(
    DATA,
    Uint8Array.from({ length: 64 }, (_, i) => i),
  );
  setVector(machine, 1, 'ee'.repeat(32));
});

describe('VMASKMOV and VPMASKMOV', () => {
  const VPMASKMOVD_XMM1_XMM2_RBX = 'c4e2698c0b';
  const VMASKMOVPD_RBX_YMM2_YMM1 = 'c4e26d2f0b';

  it('load the chosen elements and zero', () => {
    setVector(machine, 2, '0'.repeat(32) + '80000000_7fffffff_ffffffff_00000001'.replaceAll('_', ''));
    expect(run(VPMASKMOVD_XMM1_XMM2_RBX, DATA)).toBe('completed');
    expect(ymm(1)).toBe(`${'0'.repeat(32)}_0f0e0d0c000000000706050400000000`);
  });

  it('do not fault for elements that are not chosen', () => {
    setVector(machine, 2, '0'.repeat(32) + '00000000_00000000_ffffffff_ffffffff'.replaceAll('_', ''));
    expect(run(VPMASKMOVD_XMM1_XMM2_RBX, END - 8)).toBe('completed');
    // There is no memory at the end of what is mapped: it reads as ones.
    expect(ymm(1)).toBe(`${'0'.repeat(32)}_${'0'.repeat(16)}${'f'.repeat(16)}`);
  });

  it('fault as a whole for one that is', () => {
    setVector(machine, 2, '0'.repeat(32) + '00000000_ffffffff_ffffffff_ffffffff'.replaceAll('_', ''));
    expect(run(VPMASKMOVD_XMM1_XMM2_RBX, END - 8)).toBe(NOT_PRESENT_READ);
    expect(exitInformation(machine).info2).toBe(BigInt(END));
    expect(ymm(1)).toBe('e'.repeat(32) + '_' + 'e'.repeat(32));
  });

  it('wrap from element to element at the address size', () => {
    const ADDRESS_SIZE = '67';
    setVector(machine, 2, '0'.repeat(32) + '00000000_00000000_ffffffff_00000000'.replaceAll('_', ''));
    expect(run(ADDRESS_SIZE + VPMASKMOVD_XMM1_XMM2_RBX, 0xffff_fffc)).toBe('completed');
    const first = machine.core.words.getUint32(0, true).toString(16).padStart(8, '0');
    expect(ymm(1)).toBe(`${'0'.repeat(32)}_${'0'.repeat(16)}${first}${'0'.repeat(8)}`);
  });

  it('store the chosen elements', () => {
    setVector(machine, 2, `8${'0'.repeat(31)}${'0'.repeat(16)}8${'0'.repeat(15)}`);
    expect(run(VMASKMOVPD_RBX_YMM2_YMM1, DATA)).toBe('completed');
    const stored = Buffer.from(machine.core.read(DATA, 32)).toString('hex');
    expect(stored).toBe(`${'ee'.repeat(8)}08090a0b0c0d0e0f1011121314151617${'ee'.repeat(8)}`);
  });

  it('need no alignment, even under AC', () => {
    machine.long(3);
    enableAlignmentChecks();
    machine.core.write(
      DATA,
      Uint8Array.from({ length: 32 }, (_, i) => i),
    );
    setVector(machine, 2, 'ff'.repeat(32));
    expect(run(VPMASKMOVD_XMM1_XMM2_RBX, DATA + 1)).toBe('completed');
    expect(xmm(machine, 1)).toBe('100f0e0d0c0b0a090807060504030201');
  });
});

/** After `long(3)`: vectors, and #AC for what is not aligned. */
function enableAlignmentChecks(): void {
  const { state, core } = machine;
  state.setBig('cr4', state.big('cr4') | 0x40200n);
  state.setBig('cr0', state.big('cr0') | 0x40000n);
  state.setNum('xcr0', 7);
  core.exports.setRflags(BigInt(Rflags.Always1 | Rflags.Ac));
  core.exports.updateMode();
}

describe('gathers', () => {
  const VPGATHERDD_XMM1 = 'c4e261900c93'; // vpgatherdd xmm1, [rbx + xmm2*4], xmm3
  const VPGATHERQD_XMM1 = 'c4e265910c13'; // vpgatherqd xmm1, [rbx + ymm2*1], xmm3

  it('load the chosen elements, keep the others and clear the mask', () => {
    setVector(machine, 2, '0'.repeat(32) + '00000003_00000002_00000001_00000000'.replaceAll('_', ''));
    setVector(machine, 3, 'ff'.repeat(16) + '80000000_00000000_80000000_80000000'.replaceAll('_', ''));
    expect(run(VPGATHERDD_XMM1, DATA)).toBe('completed');
    expect(ymm(1)).toBe(`${'0'.repeat(32)}_0f0e0d0ceeeeeeee0706050403020100`);
    expect(ymm(3)).toBe(`${'0'.repeat(32)}_${'0'.repeat(32)}`);
  });

  it('take indices of 64 bits for elements of 32', () => {
    const indices = [8n, -4n, 0n, 1n].map((index) =>
      BigInt.asUintN(64, index).toString(16).padStart(16, '0'),
    );
    setVector(machine, 2, indices.join(''));
    setVector(machine, 3, 'ff'.repeat(32));
    expect(run(VPGATHERQD_XMM1, DATA + 4)).toBe('completed');
    expect(ymm(1)).toBe(`${'0'.repeat(32)}_0f0e0d0c030201000706050408070605`);
  });

  it('keep what they have done when an element faults', () => {
    const beyond = '10000000';
    setVector(machine, 2, `${'0'.repeat(32)}00000000${beyond}0000000200000001`);
    setVector(machine, 3, `${'aa'.repeat(16)}800000008000000000000001ffffffff`);
    expect(run(VPGATHERDD_XMM1, DATA)).toBe(NOT_PRESENT_READ);
    expect(xmm(machine, 1)).toBe('eeeeeeeeeeeeeeeeeeeeeeee07060504');
    expect(xmm(machine, 3)).toBe('80000000800000000000000000000000');
    expect([upperHalf(machine, 1), upperHalf(machine, 3)]).toEqual(['ee'.repeat(16), 'aa'.repeat(16)]);
  });

  it('are single-stepped before such a fault, not after it', () => {
    const beyond = '10000000';
    setVector(machine, 2, `${'0'.repeat(32)}${beyond}${beyond}${beyond}00000001`);
    setVector(machine, 3, 'ff'.repeat(32));
    machine.rflags = BigInt(Rflags.Always1 | Rflags.Tf);
    expect(run(VPGATHERDD_XMM1, DATA)).toBe('#DB');
    expect(machine.state.num('rip')).toBe(CODE);
    expect(xmm(machine, 1)).toBe('eeeeeeeeeeeeeeeeeeeeeeee07060504');
    expect(run(VPGATHERDD_XMM1, DATA)).toBe(NOT_PRESENT_READ);
  });

  it.each([
    ['destination and index', 'c4e261900c8b'],
    ['destination and mask', 'c4e271900c93'],
    ['index and mask', 'c4e269900c93'],
  ])('raise #UD if %s are the same register', (_which, bytes) => {
    expect(run(bytes, DATA)).toBe('#UD');
  });
});

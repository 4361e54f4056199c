/** Which vector instructions are available, and what their forms write (APM vol 2 §11.3, vol 1 §4.2). */
import { beforeEach, describe, expect, it } from 'vitest';
import { Seg } from '../../assembly/abi/register.js';
import { hex } from '../decode/decoding.js';
import { Machine } from '../helpers/machine.js';
import { outcomeOf } from '../helpers/outcome.js';

const CR0_TS = 8n;
const CR0_EM = 4n;
const CR4_OSFXSR = 0x200n;
const CR4_OSXSAVE = 0x40000n;
const MXCSR_MM = 0x20000;
const DATA = 0x2000;
const MOVAPS_XMM1_RBX = '0f280b';
const ANDPS_XMM1_RBX = '0f540b';
const PUNPCKLDQ_XMM1_RBX = '660f620b';
const VMOVAPS_XMM1_RBX = 'c5f8280b';
const VMOVAPS_YMM1_RBX = 'c5fc280b';
const VMOVUPS_RBX_YMM1 = 'c5fc110b';

const machine = await Machine.create();

/** Runs one instruction with rBX = `rbx`. */
function run(bytes: string, rbx = DATA): string {
  machine.state.setNum('rbx', rbx);
  return outcomeOf(machine, [...hex(bytes)]);
}

function set(cr4: bigint, xcr0: number, cr0 = 0n): void {
  machine.long();
  machine.state.setBig('cr4', machine.state.big('cr4') | cr4);
  machine.state.setBig('cr0', machine.state.big('cr0') | cr0);
  machine.state.setNum('xcr0', xcr0);
  machine.core.exports.updateMode();
}

function ymm1(): number[] {
  return [...machine.core.vectorRegisters.subarray(32, 64)];
}

const ALL = CR4_OSFXSR | CR4_OSXSAVE;
const BYTES = Array.from({ length: 32 }, (_, i) => i + 1);

describe('vector registers', () => {
  beforeEach(() => {
    set(ALL, 7);
    machine.core.write(DATA, Uint8Array.from(BYTES));
    machine.core.vectorRegisters.fill(0xee);
  });

  it('keep their upper half in a legacy instruction', () => {
    expect(run(MOVAPS_XMM1_RBX)).toBe('completed');
    expect(ymm1()).toEqual([...BYTES.slice(0, 16), ...Array<number>(16).fill(0xee)]);
  });

  it('lose it in a VEX.128 instruction', () => {
    expect(run(VMOVAPS_XMM1_RBX)).toBe('completed');
    expect(ymm1()).toEqual([...BYTES.slice(0, 16), ...Array<number>(16).fill(0)]);
  });

  it('are loaded and stored as a whole by VEX.256', () => {
    expect(run(VMOVAPS_YMM1_RBX)).toBe('completed');
    expect(run(VMOVUPS_RBX_YMM1, DATA + 33)).toBe('completed');
    expect([...machine.core.read(DATA + 33, 32)]).toEqual(BYTES);
  });
});

describe('availability', () => {
  it.each([
    ['#UD without CR4.OSFXSR', MOVAPS_XMM1_RBX, CR4_OSXSAVE, 7, 0n, '#UD'],
    ['#UD with CR0.EM', MOVAPS_XMM1_RBX, ALL, 7, CR0_EM | CR0_TS, '#UD'],
    ['#NM with CR0.TS', MOVAPS_XMM1_RBX, ALL, 7, CR0_TS, '#NM'],
    ['VEX: #UD without CR4.OSXSAVE', VMOVAPS_XMM1_RBX, CR4_OSFXSR, 7, 0n, '#UD'],
    ['VEX: #UD without XCR0.AVX', VMOVAPS_XMM1_RBX, ALL, 3, 0n, '#UD'],
    ['VEX: #NM with CR0.TS', VMOVAPS_XMM1_RBX, ALL, 7, CR0_TS, '#NM'],
    ['VEX: CR0.EM does not matter', VMOVAPS_XMM1_RBX, ALL, 7, CR0_EM, 'completed'],
  ] as const)('%s', (_name, bytes, cr4, xcr0, cr0, outcome) => {
    set(cr4, xcr0, cr0);
    expect(run(bytes)).toBe(outcome);
  });
});

describe('alignment', () => {
  it.each([
    ['MOVAPS always checks', MOVAPS_XMM1_RBX, MXCSR_MM, '#GP(0)'],
    ['an operand in memory is checked', ANDPS_XMM1_RBX, 0, '#GP(0)'],
    ['unless MXCSR.MM is set', ANDPS_XMM1_RBX, MXCSR_MM, 'completed'],
    ['one of which only half is read is checked as a whole', PUNPCKLDQ_XMM1_RBX, 0, '#GP(0)'],
  ] as const)('%s', (_name, bytes, mxcsr, outcome) => {
    set(ALL, 7);
    machine.state.set('mxcsr', 0x1f80 | mxcsr);
    expect(run(bytes, DATA + 8)).toBe(outcome);
  });
});

/** On Zen 4: a misaligned operand beyond the end of the stack segment is misaligned in the first place. */
it.each([
  [0x2008, '#GP(0)'],
  [0x2000, '#SS(0)'],
])('alignment comes before the limit of the stack: at %x', (rbp, outcome) => {
  const movapsFromRbp = '0f284d00';
  machine.flat32();
  machine.state.setBig('cr4', CR4_OSFXSR);
  machine.state.setSegment(Seg.Ss, { ...machine.state.segment(Seg.Ss), limit: 0x1fff });
  machine.core.exports.updateMode();
  machine.state.setNum('rbp', rbp);
  expect(outcomeOf(machine, [...hex(movapsFromRbp)])).toBe(outcome);
});

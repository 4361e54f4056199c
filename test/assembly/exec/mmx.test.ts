/** MMX: operations whose 64-bit form is not simply half of the 128-bit one, and the state that they share with the x87 unit. */
import { beforeEach, describe, expect, it } from 'vitest';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableVectors, setVector, xmm } from '../../helpers/vector-registers.js';

const machine = await Machine.create();
const { state } = machine;

const X87_BYTES = 16;
const SIGN_EXPONENT = 8;
const ZERO_DIVIDE = 4;
const CR0_TS = 8n;
const CR0_NE = 0x20n;
const CR0_EM = 4n;
const CR4_OSFXSR = 0x200n;
const UNMAPPED = 0x4000_0000;

const EMMS = '0f77';
const PXOR_MM1_MM2 = '0fefca';
const MOVQ_MM1_RBX = '0f6f0b';
const MOVQ_RBX_MM1 = '0f7f0b';
const MOVD_EAX_MM1 = '0f7ec8';
const MOVQ2DQ_XMM1_MM2 = 'f30fd6ca';
const MOVDQ2Q_MM1_XMM2 = 'f20fd6ca';

const registers = new DataView(machine.core.x87Registers.buffer, machine.core.x87Registers.byteOffset);

function setMm(n: number, value: bigint): void {
  registers.setBigUint64(n * X87_BYTES, value, true);
}

function mm(n: number): string {
  return registers
    .getBigUint64(n * X87_BYTES, true)
    .toString(16)
    .padStart(16, '0');
}

function run(bytes: string): string {
  return outcomeOf(machine, [...hex(bytes)]);
}

beforeEach(() => {
  enableVectors(machine);
  setMm(1, 0x8877_6655_4433_2211n);
  setMm(2, 0x00ff_7f80_0102_feedn);
});

describe('operations', () => {
  // prettier-ignore
  it.each([
    ['paddb mm1, mm2',         '0ffcca',       '8876e5d5453520fe'],
    ['packsswb mm1, mm2',      '0f63ca',       '7f7f7f80807f7f7f'],
    ['packssdw mm1, mm2',      '0f6bca',       '7fff7fff80007fff'],
    ['packuswb mm1, mm2',      '0f67ca',       'ffffff0000ffffff'],
    ['punpcklbw mm1, mm2',     '0f60ca',       '01440233fe22ed11'],
    ['punpckhbw mm1, mm2',     '0f68ca',       '0088ff777f668055'],
    ['punpckldq mm1, mm2',     '0f62ca',       '0102feed44332211'],
    ['punpckhdq mm1, mm2',     '0f6aca',       '00ff7f8088776655'],
    ['phaddw mm1, mm2',        '0f3801ca',     '807fffefeecc6644'],
    ['phsubsw mm1, mm2',       '0f3807ca',     '7e81fdeb7fffddde'],
    ['pshufb mm1, mm2',        '0f3800ca',     '1100880022330000'],
    ['palignr mm1, mm2, 3',    '0f3a0fca03',   '33221100ff7f8001'],
    ['palignr mm1, mm2, 11',   '0f3a0fca0b',   '0000008877665544'],
    ['palignr mm1, mm2, 16',   '0f3a0fca10',   '0000000000000000'],
    ['pshufw mm1, mm2, 1bh',   '0f70ca1b',     'feed01027f8000ff'],
    ['psrlq mm1, 8',           '0f73d108',     '0088776655443322'],
    ['psrlq mm1, mm2',         '0fd3ca',       '0000000000000000'],
    ['psraw mm1, 255',         '0f71e1ff',     'ffff000000000000'],
    ['psadbw mm1, mm2',        '0ff6ca',       '0000000000000380'],
    ['pmuludq mm1, mm2',       '0ff4ca',       '0044ff72344567bd'],
    ['pinsrw mm1, eax, 6',     '0fc4c806',     '8877123444332211'],
    ['movd mm1, eax',          '0f6ec8',       '0000000000001234'],
    ['movdq2q mm1, xmm2',      MOVDQ2Q_MM1_XMM2, '0706050403020100'],
  ])('%s', (_text, bytes, expected) => {
    state.setNum('rax', 0x1234);
    setVector(machine, 2, '0f0e0d0c0b0a09080706050403020100');
    expect(run(bytes)).toBe('completed');
    expect(mm(1)).toBe(expected);
  });

  it.each([
    ['movd eax, mm1', MOVD_EAX_MM1, 0x44332211],
    ['pextrw eax, mm1, 7', '0fc5c107', 0x8877],
    ['pmovmskb eax, mm1', '0fd7c1', 0x80],
  ])('%s', (_text, bytes, expected) => {
    state.setBig('rax', 0xffff_ffff_ffff_ffffn);
    expect(run(bytes)).toBe('completed');
    expect(state.num('rax')).toBe(expected);
  });

  it('move to an XMM register with its upper half cleared', () => {
    setVector(machine, 1, 'ff'.repeat(16));
    expect(run(MOVQ2DQ_XMM1_MM2)).toBe('completed');
    expect(xmm(machine, 1)).toBe('000000000000000000ff7f800102feed');
  });
});

describe('x87 state', () => {
  beforeEach(() => {
    state.set('x87Top', 5);
    state.set('x87Tags', 0x11);
    registers.setUint16(X87_BYTES + SIGN_EXPONENT, 0x1234, true);
  });

  function x87() {
    const { x87Top: top, x87Tags: tags } = { x87Top: state.get('x87Top'), x87Tags: state.get('x87Tags') };
    return { top, tags, signExponent: registers.getUint16(X87_BYTES + SIGN_EXPONENT, true) };
  }

  const UNCHANGED = { top: 5, tags: 0x11, signExponent: 0x1234 };

  it('has TOP 0 and no empty register after an MMX instruction, and ones where it wrote', () => {
    expect(run(PXOR_MM1_MM2)).toBe('completed');
    expect(x87()).toEqual({ top: 0, tags: 0xff, signExponent: 0xffff });
  });

  it.each([MOVD_EAX_MM1, MOVQ2DQ_XMM1_MM2])('so also after one that only reads', (bytes) => {
    expect(run(bytes)).toBe('completed');
    expect(x87()).toEqual({ top: 0, tags: 0xff, signExponent: 0x1234 });
  });

  it('is empty after EMMS', () => {
    expect(run(EMMS)).toBe('completed');
    expect(x87()).toEqual({ top: 0, tags: 0, signExponent: 0x1234 });
  });

  it.each([MOVQ_MM1_RBX, MOVQ_RBX_MM1])('does not change in an instruction that faults', (bytes) => {
    state.setNum('rbx', UNMAPPED);
    expect(run(bytes)).toMatch(/^#PF/);
    expect(x87()).toEqual(UNCHANGED);
  });

  it.each([EMMS, PXOR_MM1_MM2, MOVQ_MM1_RBX, MOVQ_RBX_MM1, MOVQ2DQ_XMM1_MM2])(
    'raises the exception that waits, before a fault of memory',
    (bytes) => {
      state.setNum('rbx', UNMAPPED);
      state.setBig('cr0', state.big('cr0') | CR0_NE);
      state.set('x87Control', 0x37f & ~ZERO_DIVIDE);
      state.set('x87Status', ZERO_DIVIDE);
      expect(run(bytes)).toBe('#MF');
      expect(x87()).toEqual(UNCHANGED);
    },
  );
});

describe('availability', () => {
  it.each([
    ['#UD with CR0.EM', PXOR_MM1_MM2, CR0_EM | CR0_TS, CR4_OSFXSR, '#UD'],
    ['#NM with CR0.TS', PXOR_MM1_MM2, CR0_TS, CR4_OSFXSR, '#NM'],
    ['EMMS: #NM with CR0.TS', EMMS, CR0_TS, CR4_OSFXSR, '#NM'],
    ['CR4.OSFXSR does not matter', PXOR_MM1_MM2, 0n, 0n, 'completed'],
    ['unless there is an XMM register too', MOVDQ2Q_MM1_XMM2, 0n, 0n, '#UD'],
  ])('%s', (_name, bytes, cr0, cr4, outcome) => {
    state.setBig('cr0', state.big('cr0') | cr0);
    state.setBig('cr4', (state.big('cr4') & ~CR4_OSFXSR) | cr4);
    machine.core.exports.updateMode();
    expect(run(bytes)).toBe(outcome);
  });

  it('operands in memory need not be aligned', () => {
    state.setNum('rbx', 0x2001);
    expect(run(MOVQ_MM1_RBX)).toBe('completed');
  });
});

it.each([
  ['femms', '0f0e'],
  ['pfadd mm1, mm2', '0f0fca9e'],
  ['pavgusb mm1, mm2', '0f0fcabf'],
])('3DNow! is not there: %s', (_text, bytes) => {
  expect(run(bytes)).toBe('#UD');
});

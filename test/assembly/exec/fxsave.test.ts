/** FXSAVE and FXRSTOR (APM vol 4; vol 2 §11.4.4); what the manual leaves open is as measured on Zen 4. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Cr0, Efer } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import {
  enableState,
  FDP,
  fillState,
  FIP,
  FSW,
  layOut,
  MXCSR,
  writtenRanges,
} from '../../helpers/state-area.js';

const AREA = 0x4000;
const FXSAVE = '0fae03';
const FXSAVE64 = '480fae03';
const FXRSTOR = '0fae0b';
const FXRSTOR64 = '480fae0b';
/** The second 2 MiB page of `Machine.long`, which tests take away; the area may run into it. */
const SECOND_PAGE = 0x200000;
const PAGE_DIRECTORY = 0x72000;
const RFLAGS_AC = 0x40002n;

const machine = await Machine.create(4 << 20);
const { state, core } = machine;

function run(bytes: string, address = AREA): string {
  state.setNum('rbx', address);
  return outcomeOf(machine, [...hex(bytes)]);
}

/** A pending exception: divide by zero, which is not masked. */
function pendException(): void {
  state.set('x87Control', 0x37b);
  state.set('x87Status', 4);
  state.set('x87Opcode', 0x4b5);
  state.setBig('x87InstructionPointer', 0x1234_5678_9abcn);
  state.set('x87InstructionSelector', 0x33);
  state.setBig('x87DataPointer', 0x7ffe_dcba_9876n);
  state.set('x87DataSelector', 0x2b);
}

function restore(change: (area: DataView) => void, bytes = FXRSTOR64): string {
  expect(run(FXSAVE64)).toBe('completed');
  change(new DataView(core.memory.buffer, core.memory.byteOffset + AREA, 512));
  return run(bytes);
}

beforeEach(() => {
  enableState(machine);
  fillState(machine);
  layOut(machine, AREA);
});

describe('FXSAVE', () => {
  it('writes 416 bytes: x87, MXCSR with its mask, sixteen XMM registers', () => {
    expect(run(FXSAVE)).toBe('completed');
    expect(writtenRanges(machine, AREA)).toBe('0-415');
    expect([...core.read(AREA, 5)]).toEqual([0x7f, 0x03, 0x00, 0x38, 0x80]);
    expect(core.words.getUint32(AREA + MXCSR, true)).toBe(0x1f80);
    expect(core.words.getUint32(AREA + MXCSR + 4, true)).toBe(0x2ffff);
    expect([...core.read(AREA + 32, 16)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 0, 0, 0, 0]);
    expect(core.read(AREA + 160, 16)).toEqual(new Uint8Array(16).fill(0x11));
  });

  it('writes eight XMM registers outside of 64-bit mode', () => {
    machine.flat32();
    state.setNum('cr4', 0x200);
    machine.core.exports.updateMode();
    layOut(machine, AREA);
    expect(run(FXSAVE)).toBe('completed');
    expect(writtenRanges(machine, AREA)).toBe('0-287');
  });

  it('saves the pointers if an exception is pending, wide or with selectors', () => {
    pendException();
    expect(run(FXSAVE64)).toBe('completed');
    expect(core.words.getUint16(AREA + FSW, true)).toBe(0xb884);
    expect(core.words.getUint16(AREA + 6, true)).toBe(0x4b5);
    expect(core.words.getBigUint64(AREA + FIP, true)).toBe(0x1234_5678_9abcn);
    expect(core.words.getBigUint64(AREA + FDP, true)).toBe(0x7ffe_dcba_9876n);
    expect(run(FXSAVE)).toBe('completed');
    expect(core.words.getBigUint64(AREA + FIP, true)).toBe(0x33_5678_9abcn);
    expect(core.words.getBigUint64(AREA + FDP, true)).toBe(0x2b_dcba_9876n);
  });

  it('writes zeros for them if none is', () => {
    pendException();
    state.set('x87Control', 0x37f);
    expect(run(FXSAVE64)).toBe('completed');
    expect(core.read(AREA + 6, 18)).toEqual(new Uint8Array(18));
  });

  it.each([
    ['x87 alone without CR4.OSFXSR', () => state.setNum('cr4', 0x20), '0-23 32-159'],
    ['no XMM with EFER.FFXSR', () => state.setNum('efer', state.num('efer') | Efer.Ffxsr), '0-159'],
  ])('writes %s', (_name, change, ranges) => {
    change();
    core.exports.updateMode();
    expect(run(FXSAVE)).toBe('completed');
    expect(writtenRanges(machine, AREA)).toBe(ranges);
  });

  it('heeds EFER.FFXSR at CPL 0 alone', () => {
    enableState(machine, 3);
    layOut(machine, AREA);
    state.setNum('efer', state.num('efer') | Efer.Ffxsr);
    expect(run(FXSAVE)).toBe('completed');
    expect(writtenRanges(machine, AREA)).toBe('0-415');
  });
});

describe('FXRSTOR', () => {
  it('brings back what FXSAVE saved', () => {
    pendException();
    expect(run(FXSAVE64)).toBe('completed');
    const [x87, vectors] = [core.x87Registers.slice(), core.vectorRegisters.slice()];
    core.x87Registers.fill(0);
    core.vectorRegisters.fill(0);
    for (const name of ['x87Control', 'x87Status', 'x87Top', 'x87Tags', 'x87Opcode', 'mxcsr'])
      state.set(name, 0);
    expect(run(FXRSTOR64)).toBe('completed');
    expect(core.x87Registers).toEqual(x87);
    expect(core.vectorRegisters.subarray(0, 16)).toEqual(vectors.subarray(0, 16));
    const words = ['x87Control', 'x87Status', 'x87Top', 'x87Tags', 'x87Opcode', 'mxcsr'];
    expect(words.map((name) => state.get(name))).toEqual([0x37b, 4, 7, 0x80, 0x4b5, 0x1f80]);
    expect(state.big('x87InstructionPointer')).toBe(0x1234_5678_9abcn);
    expect(state.get('x87InstructionSelector')).toBe(0);
  });

  it('leaves the upper halves of YMM', () => {
    expect(restore(() => {})).toBe('completed');
    expect(core.vectorRegisters[15 * 32 + 16]).toBe(0x22);
  });

  it('drops reserved bits of FCW and FOP, and extends pointers from bit 56', () => {
    const outcome = restore((area) => {
      area.setUint16(0, 0xffff, true);
      area.setUint16(6, 0xffff, true);
      area.setBigUint64(FIP, 0x1122_3344_5566_7788n, true);
    });
    expect(outcome).toBe('completed');
    expect(state.get('x87Control')).toBe(0x1f7f);
    expect(state.get('x87Opcode')).toBe(0x7ff);
    expect(state.big('x87InstructionPointer')).toBe(0xff22_3344_5566_7788n);
  });

  it('takes ES and B from the exceptions, not from the image', () => {
    expect(restore((area) => area.setUint16(FSW, 0x8080, true))).toBe('completed');
    expect(run(FXSAVE64)).toBe('completed');
    expect(core.words.getUint16(AREA + FSW, true)).toBe(0);
  });

  it('raises #GP(0) for an MXCSR with reserved bits, and changes nothing', () => {
    const outcome = restore((area) => {
      area.setUint32(MXCSR, 0x10000, true);
      area.setUint16(0, 0x27f, true);
    });
    expect(outcome).toBe('#GP(0)');
    expect([state.get('x87Control'), state.get('mxcsr')]).toEqual([0x37f, 0x1f80]);
  });

  it('does not look at MXCSR without CR4.OSFXSR', () => {
    state.setNum('cr4', 0x20);
    core.exports.updateMode();
    core.memory.fill(0, AREA, AREA + 512);
    core.memory.fill(0xff, AREA + MXCSR, AREA + MXCSR + 4);
    expect(run(FXRSTOR)).toBe('completed');
    expect(state.get('mxcsr')).toBe(0x1f80);
  });
});

describe.each([
  ['FXSAVE', FXSAVE],
  ['FXRSTOR', FXRSTOR],
])('%s', (_name, bytes) => {
  it.each([
    ['#UD with CR0.EM, before #NM', Cr0.Em | Cr0.Ts, '#UD'],
    ['#NM with CR0.TS', Cr0.Ts, '#NM'],
  ])('raises %s', (_rule, bits, outcome) => {
    state.setBig('cr0', state.big('cr0') | BigInt(bits));
    core.exports.updateMode();
    expect(run(bytes)).toBe(outcome);
  });

  it('raises #GP(0) if its area is not aligned to 16 bytes', () => {
    expect(run(bytes, AREA + 8)).toBe('#GP(0)');
  });

  it.each([
    [2, '#AC(0)'],
    [4, '#GP(0)'],
    [2 ** 47 + 2, '#GP(0)'],
  ])('misaligned by %i under alignment checks raises %s', (offset, outcome) => {
    enableState(machine, 3);
    state.setBig('cr0', state.big('cr0') | BigInt(Cr0.Am));
    machine.rflags = RFLAGS_AC;
    expect(run(bytes, AREA + offset)).toBe(outcome);
  });

  it.each([
    ['the last byte first', SECOND_PAGE - 64, SECOND_PAGE - 64 + 511],
    ['and its page alone', SECOND_PAGE, SECOND_PAGE + 511],
  ])('faults for %s', (_rule, address, faulting) => {
    core.words.setBigUint64(PAGE_DIRECTORY + 8, 0n, true);
    core.exports.flushTlb();
    layOut(machine, SECOND_PAGE - 64, 64);
    expect(run(bytes, address)).toBe(`#PF(${bytes === FXSAVE ? 2 : 0})`);
    expect(state.num('exitInfo2')).toBe(faulting);
    expect(writtenRanges(machine, SECOND_PAGE - 64, 64)).toBe('');
  });

  it('checks for a canonical address before alignment', () => {
    const onStack = bytes.replace(/03$/, '0424').replace(/0b$/, '0c24'); // [rsp]
    state.setBig('rsp', 0x8000_0000_0001n);
    expect(run(onStack)).toBe('#SS(0)');
  });

  it('checks its alignment before the limit of its segment', () => {
    machine.flat32(3);
    state.setBig('cr0', state.big('cr0') | BigInt(Cr0.Am));
    machine.rflags = RFLAGS_AC;
    const ds = state.segment(Seg.Ds);
    state.setSegment(Seg.Ds, { ...ds, limit: AREA + 100 });
    core.exports.updateMode();
    expect(run(bytes, AREA + 2)).toBe('#AC(0)');
    expect(run(bytes, AREA)).toBe('#GP(0)');
  });
});

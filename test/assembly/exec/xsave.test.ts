/** XSAVE, XSAVEOPT, XSAVEC and XSAVES (APM vol 4; vol 2 §11.5); what they write is as measured on Zen 4. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Cr0, Cr4 } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import {
  enableState,
  fillState,
  layOut,
  writtenRanges,
  XCOMP_BV,
  XSTATE_BV,
} from '../../helpers/state-area.js';

const AREA = 0x4000;
const XSAVE = '0fae23';
const XSAVEOPT = '0fae33';
const XSAVEC = '0fc723';
const XSAVES = '0fc72b';
const COMPACT = 1n << 63n;
const SECOND_PAGE = 0x200000;
const PAGE_DIRECTORY = 0x72000;
/** For 32-bit paging: present, writable, 4 MiB from 0. */
const EMPTY_PAGE_DIRECTORY = 0x60000;
const IDENTITY_4_MIB = 0x83;

const machine = await Machine.create(4 << 20);
const { state, core } = machine;

/** Runs one of the instructions for the components in `mask`. */
function save(bytes: string, mask: number, address = AREA): string {
  state.setNum('rbx', address);
  state.setNum('rax', mask);
  state.setNum('rdx', 0);
  return outcomeOf(machine, [...hex(bytes)]);
}

function header(): { present: bigint; format: bigint } {
  return {
    present: core.words.getBigUint64(AREA + XSTATE_BV, true),
    format: core.words.getBigUint64(AREA + XCOMP_BV, true),
  };
}

beforeEach(() => {
  enableState(machine);
  layOut(machine, AREA);
  core.words.setBigUint64(AREA + XSTATE_BV, 0n, true);
});

describe('bytes that are written', () => {
  const STANDARD = '512-519';
  // prettier-ignore
  it.each([
    ['XSAVE',    XSAVE,    7, '0-415 512-519 576-831'],
    ['XSAVE',    XSAVE,    1, '0-23 32-159 512-519'],
    ['XSAVE',    XSAVE,    2, '24-31 160-415 512-519'],
    ['XSAVE',    XSAVE,    4, '24-31 512-519 576-831'],
    ['XSAVE',    XSAVE,    0, STANDARD],
    ['XSAVEOPT', XSAVEOPT, 7, '0-415 512-519 576-831'],
    ['XSAVEOPT', XSAVEOPT, 1, '0-23 32-159 512-519'],
    ['XSAVEC',   XSAVEC,   7, '0-415 512-527 576-831'],
    ['XSAVEC',   XSAVEC,   5, '0-23 32-159 512-527 576-831'],
    ['XSAVEC',   XSAVEC,   2, '24-31 160-415 512-527'],
    ['XSAVES',   XSAVES,   4, '512-527 576-831'],
  ])('by %s %s of components %i in use: %s', (_name, bytes, mask, ranges) => {
    fillState(machine);
    expect(save(bytes, mask)).toBe('completed');
    expect(writtenRanges(machine, AREA)).toBe(ranges);
    const isCompact = bytes === XSAVEC || bytes === XSAVES;
    expect(header().present).toBe(BigInt(mask));
    if (isCompact) expect(header().format).toBe(COMPACT | BigInt(mask));
  });

  // prettier-ignore
  it.each([
    ['XSAVE',    XSAVE,    7, '0-415 512-519 576-831'],
    ['XSAVEOPT', XSAVEOPT, 7, '24-31 512-519'],
    ['XSAVEOPT', XSAVEOPT, 1, STANDARD],
    ['XSAVEC',   XSAVEC,   7, '512-527'],
    ['XSAVES',   XSAVES,   7, '512-527'],
  ])('by %s (%s) of components %i in their initial configuration: %s', (_name, bytes, mask, ranges) => {
    expect(save(bytes, mask)).toBe('completed');
    expect(writtenRanges(machine, AREA)).toBe(ranges);
    expect(header().present).toBe(0n);
  });

  it('are half as many vector registers outside of 64-bit mode', () => {
    machine.flat32();
    state.setNum('cr4', Cr4.Osfxsr | Cr4.Osxsave);
    state.setNum('xcr0', 7);
    layOut(machine, AREA);
    core.words.setBigUint64(AREA + XSTATE_BV, 0n, true);
    expect(save(XSAVE, 7)).toBe('completed');
    expect(writtenRanges(machine, AREA)).toBe('0-287 512-519 576-703');
  });
});

describe('XSTATE_BV', () => {
  it('keeps the bits that are not asked for, in the standard format', () => {
    core.words.setBigUint64(AREA + XSTATE_BV, ~0n, true);
    fillState(machine);
    state.set('x87Tags', 0);
    state.set('x87Top', 0);
    core.x87Registers.fill(0);
    expect(save(XSAVE, 3)).toBe('completed');
    expect(header().present).toBe(BigInt.asUintN(64, ~1n));
  });

  it('leaves out what XCR0 does not enable', () => {
    state.setNum('xcr0', 3);
    fillState(machine);
    expect(save(XSAVEC, 7)).toBe('completed');
    expect(header()).toEqual({ present: 3n, format: COMPACT | 3n });
  });

  it.each([
    ['FCW', () => state.set('x87Control', 0x27f), 1n],
    ['TOP', () => state.set('x87Top', 1), 1n],
    ['the contents of an empty x87 register', () => (core.x87Registers[3] = 1), 1n],
    ['XMM15', () => (core.vectorRegisters[15 * 32] = 1), 2n],
    ['the upper half of YMM0', () => (core.vectorRegisters[16] = 1), 4n],
  ])('knows that %s is in use', (_name, change, present) => {
    change();
    expect(save(XSAVE, 7)).toBe('completed');
    expect(header().present).toBe(present);
  });

  it('counts MXCSR as SSE state in the compact format alone', () => {
    state.set('mxcsr', 0x1fa0);
    expect(save(XSAVE, 7)).toBe('completed');
    expect(header().present).toBe(0n);
    expect(save(XSAVEC, 7)).toBe('completed');
    expect(header().present).toBe(2n);
  });
});

describe.each([
  ['XSAVE', XSAVE],
  ['XSAVEOPT', XSAVEOPT],
  ['XSAVEC', XSAVEC],
  ['XSAVES', XSAVES],
])('%s', (_name, bytes) => {
  it('raises #UD without CR4.OSXSAVE, before #NM', () => {
    state.setNum('cr4', state.num('cr4') & ~Cr4.Osxsave);
    state.setBig('cr0', state.big('cr0') | BigInt(Cr0.Ts));
    expect(save(bytes, 7)).toBe('#UD');
  });

  it('raises #NM with CR0.TS', () => {
    state.setBig('cr0', state.big('cr0') | BigInt(Cr0.Ts));
    expect(save(bytes, 7)).toBe('#NM');
  });

  it('raises #GP(0) if its area is not aligned to 64 bytes', () => {
    expect(save(bytes, 7, AREA + 32)).toBe('#GP(0)');
  });

  it('runs at CPL 3, unless it saves supervisor state', () => {
    enableState(machine, 3);
    expect(save(bytes, 7)).toBe(bytes === XSAVES ? '#GP(0)' : 'completed');
  });

  it.each([
    [7, 831],
    [3, 575],
  ])('checks the last byte of components %i before it writes', (mask, last) => {
    core.words.setBigUint64(PAGE_DIRECTORY + 8, 0n, true);
    core.exports.flushTlb();
    layOut(machine, SECOND_PAGE - 512, 512);
    fillState(machine);
    expect(save(bytes, mask, SECOND_PAGE - 512)).toBe('#PF(2)');
    expect(state.num('exitInfo2')).toBe(SECOND_PAGE - 512 + last);
    expect(writtenRanges(machine, SECOND_PAGE - 512, 512)).toBe('');
  });

  it('checks its alignment before the limit of the stack segment', () => {
    machine.flat32();
    state.setNum('cr4', Cr4.Osfxsr | Cr4.Osxsave);
    state.setSegment(Seg.Ss, { ...state.segment(Seg.Ss), limit: AREA });
    core.exports.updateMode();
    const onStack = `36${bytes}`;
    expect(save(onStack, 7, AREA + 32)).toBe('#GP(0)');
    expect(save(onStack, 7, AREA)).toBe('#SS(0)');
  });

  it('accesses its first byte before it runs into the limit', () => {
    machine.flat32();
    state.setNum('cr4', Cr4.Osfxsr | Cr4.Osxsave);
    state.setBig('cr0', state.big('cr0') | BigInt(Cr0.Pg >>> 0));
    state.setNum('xcr0', 7);
    state.setNum('cr3', EMPTY_PAGE_DIRECTORY);
    core.exports.updateMode();
    core.exports.flushTlb();
    core.words.setUint32(EMPTY_PAGE_DIRECTORY, IDENTITY_4_MIB, true);
    core.words.setUint32(EMPTY_PAGE_DIRECTORY + 0xffc, 0, true);
    state.setNum('cr4', state.num('cr4') | Cr4.Pse);
    expect(save(bytes, 7, 0xffff_fd80)).toBe('#PF(2)');
    core.words.setUint32(EMPTY_PAGE_DIRECTORY + 0xffc, IDENTITY_4_MIB, true);
    expect(save(bytes, 7, 0xffff_fd80)).toBe('#GP(0)');
  });
});

/** XRSTOR and XRSTORS (APM vol 4; vol 2 §11.5): the header, MXCSR, initial configurations. All rows hold on Zen 4. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Cr0, Cr4 } from '../../../assembly/abi/processor-bits.js';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableState, fillState, MXCSR, XCOMP_BV, XSTATE_BV } from '../../helpers/state-area.js';

const AREA = 0x4000;
const XSAVE64 = '480fae23';
const XRSTOR = '0fae2b';
const XRSTORS = '0fc71b';
const COMPACT = 1n << 63n;
const RESERVED = 528;
const SECOND_PAGE = 0x200000;
const PAGE_DIRECTORY = 0x72000;

const machine = await Machine.create(4 << 20);
const { state, core } = machine;

function execute(bytes: string, mask: number, address = AREA): string {
  state.setNum('rbx', address);
  state.setNum('rax', mask);
  state.setNum('rdx', 0);
  return outcomeOf(machine, [...hex(bytes)]);
}

function set64(offset: number, value: bigint): void {
  core.words.setBigUint64(AREA + offset, value, true);
}

/** The components that hold what `fillState` put there. */
function restored(): number {
  const x87 = core.x87Registers[7 * 16] === 1 ? 1 : 0;
  const sse = core.vectorRegisters[0] === 0x11 ? 2 : 0;
  return x87 | sse | (core.vectorRegisters[15 * 32 + 16] === 0x22 ? 4 : 0);
}

/** Other contents than the area has, and none of them initial. */
function disturb(): void {
  core.x87Registers.fill(0x77);
  core.vectorRegisters.fill(0x77);
  state.set('x87Control', 0x27f);
  state.set('mxcsr', 0x1fa0);
}

beforeEach(() => {
  enableState(machine);
  core.memory.fill(0, AREA, AREA + 1024);
  fillState(machine);
  expect(execute(XSAVE64, 7)).toBe('completed');
  disturb();
});

describe.each([
  ['standard', XRSTOR, 0n],
  ['compact', XRSTOR, COMPACT | 7n],
  ['compact, by XRSTORS', XRSTORS, COMPACT | 7n],
])('%s format', (_name, bytes, format) => {
  beforeEach(() => set64(XCOMP_BV, format));

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('restores components %i and no other', (mask) => {
    expect(execute(bytes, mask)).toBe('completed');
    expect(restored()).toBe(mask);
    expect(state.get('x87Control')).toBe((mask & 1) !== 0 ? 0x37f : 0x27f);
  });

  it('puts what the area does not have into its initial configuration', () => {
    set64(XSTATE_BV, 0n);
    expect(execute(bytes, 7)).toBe('completed');
    expect(core.x87Registers).toEqual(new Uint8Array(128));
    expect(core.vectorRegisters).toEqual(new Uint8Array(512));
    expect([state.get('x87Control'), state.get('x87Tags'), state.get('x87Top')]).toEqual([0x37f, 0, 0]);
    expect(state.get('mxcsr')).toBe(0x1f80);
  });

  it.each([
    ['a component that does not exist', XSTATE_BV, 0xfn],
    ['bit 63', XSTATE_BV, COMPACT | 7n],
    ['the reserved 8 bytes', RESERVED, 1n],
  ])('raises #GP(0) for %s in the header', (_rule, offset, value) => {
    set64(offset, value);
    expect(execute(bytes, 7)).toBe('#GP(0)');
    expect(restored()).toBe(0);
  });

  it('raises #GP(0) for a component that XCR0 does not enable', () => {
    state.setNum('xcr0', 3);
    expect(execute(bytes, 3)).toBe('#GP(0)');
  });

  it.each([
    ['#UD without CR4.OSXSAVE', () => state.setNum('cr4', state.num('cr4') & ~Cr4.Osxsave), '#UD'],
    ['#NM with CR0.TS', () => state.setBig('cr0', state.big('cr0') | BigInt(Cr0.Ts)), '#NM'],
  ])('raises %s', (_rule, change, outcome) => {
    change();
    expect(execute(bytes, 7)).toBe(outcome);
  });

  it('raises #GP(0) if its area is not aligned to 64 bytes', () => {
    expect(execute(bytes, 7, AREA + 32)).toBe('#GP(0)');
  });
});

describe('the rest of the header', () => {
  it.each([
    ['byte 24, standard: ignored', 536, 1n, 0n, 'completed'],
    ['byte 63, standard: ignored', 568, 1n << 56n, 0n, 'completed'],
    ['byte 24, compact', 536, 1n, COMPACT | 7n, '#GP(0)'],
    ['byte 63, compact', 568, 1n << 56n, COMPACT | 7n, '#GP(0)'],
    ['XCOMP_BV without bit 63', XCOMP_BV, 1n, 1n, '#GP(0)'],
    ['XCOMP_BV with bit 62', XCOMP_BV, COMPACT | (1n << 62n) | 7n, COMPACT | (1n << 62n) | 7n, '#GP(0)'],
    ['XSTATE_BV beyond XCOMP_BV', XCOMP_BV, COMPACT | 3n, COMPACT | 3n, '#GP(0)'],
  ])('%s', (_rule, offset, value, format, outcome) => {
    set64(XCOMP_BV, format);
    set64(offset, value);
    expect(execute(XRSTOR, 7)).toBe(outcome);
  });

  it('is checked even if nothing is asked for', () => {
    set64(XSTATE_BV, 8n);
    expect(execute(XRSTOR, 0)).toBe('#GP(0)');
  });

  it('must say compact to XRSTORS, which runs at CPL 0', () => {
    expect(execute(XRSTORS, 7)).toBe('#GP(0)');
    set64(XCOMP_BV, COMPACT | 7n);
    const memory = core.read(AREA, 1024);
    enableState(machine, 3);
    core.write(AREA, memory);
    expect(execute(XRSTORS, 7)).toBe('#GP(0)');
    expect(execute(XRSTOR, 7)).toBe('completed');
  });
});

describe('MXCSR', () => {
  const KEPT = 0x1fa0;
  const LOADED = 0x1f81;
  const INITIAL = 0x1f80;
  // prettier-ignore
  it.each([
    ['standard, SSE',                    0n,           2, 7n, LOADED],
    ['standard, SSE, initial',           0n,           2, 0n, LOADED],
    ['standard, AVX alone',              0n,           4, 4n, LOADED],
    ['standard, x87 alone',              0n,           1, 7n, KEPT],
    ['compact, SSE',                     COMPACT | 7n, 2, 7n, LOADED],
    ['compact, SSE, initial',            COMPACT | 7n, 2, 0n, INITIAL],
    ['compact, AVX alone',               COMPACT | 7n, 4, 7n, KEPT],
    ['compact, SSE initial and AVX not', COMPACT | 7n, 6, 4n, INITIAL],
  ])('%s', (_rule, format, mask, present, mxcsr) => {
    set64(XCOMP_BV, format);
    set64(XSTATE_BV, present);
    core.words.setUint32(AREA + MXCSR, LOADED, true);
    expect(execute(XRSTOR, mask)).toBe('completed');
    expect(state.get('mxcsr')).toBe(mxcsr);
    core.words.setUint32(AREA + MXCSR, 0x10000, true);
    expect(execute(XRSTOR, mask)).toBe(mxcsr === LOADED ? '#GP(0)' : 'completed');
  });
});

describe('page faults', () => {
  const START = SECOND_PAGE - 640;
  function placeAreaAcross(format: bigint, present: bigint): void {
    const image = core.read(AREA, 640);
    core.write(START, image);
    core.words.setBigUint64(START + XCOMP_BV, format, true);
    core.words.setBigUint64(START + XSTATE_BV, present, true);
    core.words.setBigUint64(PAGE_DIRECTORY + 8, 0n, true);
    core.exports.flushTlb();
  }

  it('come for the upper halves if the standard format is asked for them, present or not', () => {
    placeAreaAcross(0n, 3n);
    expect(execute(XRSTOR, 7, START)).toBe('#PF(0)');
    expect(state.num('exitInfo2')).toBe(START + 831);
    expect(restored()).toBe(0);
  });

  it('come for what is present alone in the compact format', () => {
    placeAreaAcross(COMPACT | 7n, 3n);
    expect(execute(XRSTOR, 7, START)).toBe('completed');
    expect(restored()).toBe(3);
  });

  it('come for the header before its contents matter', () => {
    placeAreaAcross(0n, 3n);
    const header = SECOND_PAGE - 512;
    expect(execute(XRSTOR, 7, header)).toBe('#PF(0)');
    expect(state.num('exitInfo2')).toBe(SECOND_PAGE);
  });
});

/** XGETBV and XSETBV (APM vol 4; vol 2 §11.5.2). */
import { beforeEach, describe, expect, it } from 'vitest';
import { ExitCode } from '../../../assembly/abi/exit-code.js';
import { Cr4, Mode } from '../../../assembly/abi/processor-bits.js';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableState, fillState } from '../../helpers/state-area.js';

const XGETBV = [0x0f, 0x01, 0xd0];
const XSETBV = [0x0f, 0x01, 0xd1];

const machine = await Machine.create();
const level3 = await Machine.create(1 << 20, { cpu: 'v3' });
const { state } = machine;

function xsetbv(value: bigint, index = 0, intercepts: readonly number[] = []): string {
  state.setBig('rax', value & 0xffff_ffffn);
  state.setBig('rdx', value >> 32n);
  state.setNum('rcx', index);
  return outcomeOf(machine, XSETBV, intercepts);
}

function xgetbv(index: number, on = machine): string {
  on.state.setNum('rcx', index);
  return outcomeOf(on, XGETBV);
}

beforeEach(() => {
  enableState(machine);
});

describe('XSETBV', () => {
  it.each([1n, 3n, 7n])('sets XCR0 to %i', (value) => {
    expect(xsetbv(value)).toBe('completed');
    expect(state.big('xcr0')).toBe(value);
  });

  it.each([
    ['without x87', 6n],
    ['AVX without SSE', 5n],
    ['a bit that does not exist', 0xfn],
    ['a bit of the upper half', (1n << 62n) | 7n],
  ])('raises #GP(0) for %s', (_name, value) => {
    expect(xsetbv(value)).toBe('#GP(0)');
    expect(state.big('xcr0')).toBe(7n);
  });

  it('raises #GP(0) for another register, and at CPL 3', () => {
    expect(xsetbv(7n, 1)).toBe('#GP(0)');
    enableState(machine, 3);
    expect(xsetbv(7n)).toBe('#GP(0)');
  });

  it('raises #UD without CR4.OSXSAVE, before #GP', () => {
    machine.long(3);
    expect(xsetbv(0n)).toBe('#UD');
  });

  it('is intercepted before any of that', () => {
    machine.long(3);
    expect(xsetbv(0n, 1, [ExitCode.Xsetbv])).toBe('exit 8dh');
  });

  it('decides at once whether AVX instructions exist', () => {
    const vmovupsYmm0Rbx = [...hex('c5fc1003')];
    state.setNum('rbx', 0x4000);
    expect(xsetbv(3n)).toBe('completed');
    expect(state.get('mode') & Mode.Avx).toBe(0);
    expect(outcomeOf(machine, vmovupsYmm0Rbx)).toBe('#UD');
    expect(xsetbv(7n)).toBe('completed');
    expect(outcomeOf(machine, vmovupsYmm0Rbx)).toBe('completed');
  });
});

describe('XGETBV', () => {
  it('reads XCR0, and clears the upper halves', () => {
    state.setBig('rax', ~0n);
    state.setBig('rdx', ~0n);
    expect(xgetbv(0)).toBe('completed');
    expect([state.big('rax'), state.big('rdx')]).toEqual([7n, 0n]);
  });

  it('reads what is in use with ECX = 1, as far as XCR0 enables it', () => {
    expect(xgetbv(1)).toBe('completed');
    expect(state.num('rax')).toBe(0);
    fillState(machine);
    expect(xgetbv(1)).toBe('completed');
    expect(state.num('rax')).toBe(7);
    state.setNum('xcr0', 3);
    expect(xgetbv(1)).toBe('completed');
    expect(state.num('rax')).toBe(3);
  });

  it('counts MXCSR as SSE state', () => {
    state.set('mxcsr', 0);
    expect(xgetbv(1)).toBe('completed');
    expect(state.num('rax')).toBe(2);
  });

  it.each([2, 0x8000_0000])('raises #GP(0) for register %i', (index) => {
    expect(xgetbv(index)).toBe('#GP(0)');
  });

  it('has register 1 only in models with XSAVEC', () => {
    enableState(level3);
    expect(xgetbv(0, level3)).toBe('completed');
    expect(xgetbv(1, level3)).toBe('#GP(0)');
  });

  it('runs at CPL 3, but not without CR4.OSXSAVE', () => {
    enableState(machine, 3);
    expect(xgetbv(0)).toBe('completed');
    state.setNum('cr4', state.num('cr4') & ~Cr4.Osxsave);
    expect(xgetbv(0)).toBe('#UD');
  });
});

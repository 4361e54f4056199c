/** Stack faults, moves of registers, comparisons and FXAM, as a Zen 4 does them (APM vol 1 §6.2, §6.4.2). */
import { beforeEach, describe, expect, it } from 'vitest';
import { Machine } from '../../helpers/machine.js';
import {
  DENORMAL,
  INDEFINITE,
  INFINITY,
  ONE,
  QUIET_NAN,
  runX87,
  SIGNALLING_NAN,
  st,
  stackOf,
  statusOf,
  THREE,
  TWO,
  UNNORMAL,
} from '../../helpers/x87.js';

const IE = 0x1;
const SF = 0x40;
const ES_B = 0x8080;
const C0 = 0x100;
const C1 = 0x200;
const C2 = 0x400;
const C3 = 0x4000;
const UNORDERED = C3 | C2 | C0;
const FULL = [ONE, ONE, ONE, ONE, ONE, ONE, ONE, ONE];
const INVALID_UNMASKED = 0x37e;

const machine = await Machine.create();
beforeEach(() => machine.long());

describe('stack faults', () => {
  it('a push onto a full stack gives the indefinite value and sets C1', () => {
    expect(runX87(machine, 'd9e8', { stack: FULL })).toBe('completed');
    expect(st(machine, 0)).toBe(INDEFINITE);
    expect(statusOf(machine)).toBe(IE | SF | C1);
  });

  it('unmasked, it changes nothing but the status', () => {
    runX87(machine, 'd9e8', { stack: FULL, control: INVALID_UNMASKED });
    expect(stackOf(machine)).toEqual(FULL);
    expect(statusOf(machine)).toBe(ES_B | IE | SF | C1);
  });

  it('FLD of an empty register underflows although the stack is full', () => {
    runX87(machine, 'd9c7', { stack: FULL.slice(0, 7), status: C1 });
    expect(st(machine, 0)).toBe(INDEFINITE);
    expect(statusOf(machine)).toBe(IE | SF);
  });

  it.each([
    ['fadd st0,st1', 'd8c1', [INDEFINITE]],
    ['faddp st1,st0', 'dec1', [INDEFINITE]],
    ['fst st2', 'ddd2', [INDEFINITE]],
    ['fstp st1', 'ddd9', [INDEFINITE]],
    ['fxch', 'd9c9', [INDEFINITE, INDEFINITE]],
    ['fchs', 'd9e0', [INDEFINITE]],
    ['fcmovb st0,st1', 'dac1', [INDEFINITE]],
    ['fsqrt', 'd9fa', [INDEFINITE]],
    ['fscale', 'd9fd', [INDEFINITE]],
  ])('%s of empty registers', (_name, code, stack) => {
    expect(runX87(machine, code)).toBe('completed');
    expect(stackOf(machine)).toEqual(stack);
    expect(statusOf(machine)).toBe(IE | SF);
  });

  it('FSTPNCE only pops an empty register', () => {
    runX87(machine, 'd9d9');
    expect(stackOf(machine)).toEqual([]);
    expect(statusOf(machine)).toBe(0);
    expect(machine.state.get('x87Top')).toBe(1);
  });
});

describe('moves', () => {
  it.each([
    ['fld st1', 'd9c1', [TWO, ONE, TWO, THREE]],
    ['fxch st2', 'd9ca', [THREE, TWO, ONE]],
    ['alias of fxch', 'dfca', [THREE, TWO, ONE]],
    ['fst st1', 'ddd1', [ONE, ONE, THREE]],
    ['fstp st2', 'ddda', [TWO, ONE]],
    ['alias of fstp', 'dfd2', [TWO, ONE]],
    ['ffree st1', 'ddc1', [ONE, THREE]],
    ['ffreep st2', 'dfc2', [TWO]],
    ['fchs', 'd9e0', ['bfff:8000000000000000', TWO, THREE]],
  ])('%s', (_name, code, stack) => {
    runX87(machine, code, { stack: [ONE, TWO, THREE], status: C1 });
    expect(stackOf(machine)).toEqual(stack);
    expect(statusOf(machine)).toBe(0);
  });

  it.each([
    ['db c1 if not carry', 'dbc1', 0x1n, ONE],
    ['da c1 if carry', 'dac1', 0x1n, TWO],
    ['da d9 if parity', 'dad9', 0x4n, TWO],
    ['db d1 if above', 'dbd1', 0x40n, ONE],
  ])('FCMOVcc %s', (_name, code, flags, top) => {
    machine.rflags = flags | 2n;
    runX87(machine, code, { stack: [ONE, TWO], status: C1 });
    expect(st(machine, 0)).toBe(top);
    expect(statusOf(machine)).toBe(C1);
  });
});

describe('comparisons', () => {
  it.each([
    ['less', [ONE, TWO], C0, 0],
    ['greater', [TWO, ONE], 0, 0],
    ['equal zeros of different sign', ['8000:0000000000000000', '0000:0000000000000000'], C3, 0],
    ['quiet NaN', [QUIET_NAN, ONE], UNORDERED, IE],
    ['unsupported', [ONE, UNNORMAL], UNORDERED, IE],
    ['denormal', [DENORMAL, ONE], C0, 2],
  ])('FCOM %s', (_name, stack, codes, exceptions) => {
    runX87(machine, 'd8d1', { stack, status: C1 });
    expect(statusOf(machine)).toBe(codes | exceptions);
  });

  it('FUCOM takes a quiet NaN, not a signalling one', () => {
    runX87(machine, 'dde1', { stack: [QUIET_NAN, ONE] });
    expect(statusOf(machine)).toBe(UNORDERED);
    runX87(machine, 'dde1', { stack: [SIGNALLING_NAN, ONE] });
    expect(statusOf(machine)).toBe(UNORDERED | IE);
  });

  it('an unmasked exception sets the codes and keeps the registers', () => {
    runX87(machine, 'ded9', { stack: [QUIET_NAN, ONE], control: INVALID_UNMASKED });
    expect(statusOf(machine)).toBe(ES_B | UNORDERED | IE);
    expect(stackOf(machine)).toEqual([QUIET_NAN, ONE]);
  });

  it('FCOMI clears OF, SF and AF and leaves C1', () => {
    machine.rflags = 0xad7n;
    runX87(machine, 'dbf1', { stack: [ONE, TWO], status: C1 });
    expect(machine.rflags & 0xffffn).toBe(0x203n);
    expect(statusOf(machine)).toBe(C1);
  });

  it.each([
    ['zero', '0000:0000000000000000', C3],
    ['negative normal', 'bfff:8000000000000000', C2 | C1],
    ['infinity', INFINITY, C2 | C0],
    ['NaN', QUIET_NAN, C0],
    ['denormal', DENORMAL, C3 | C2],
    ['pseudo-denormal', '0000:8000000000000000', C3 | C2],
    ['unsupported', UNNORMAL, 0],
  ])('FXAM: %s', (_name, value, codes) => {
    runX87(machine, 'd9e5', { stack: [value] });
    expect(statusOf(machine)).toBe(codes);
  });

  it('FXAM: empty', () => {
    runX87(machine, 'd9e5');
    expect(statusOf(machine)).toBe(C3 | C0);
  });
});

/** What compiled code knows of the x87 register stack, and what it asks of it. */
import { describe, expect, it } from 'vitest';
import type { X87Effect } from '../../src/jit/x87-effect.js';
import { requirements, X87Shape } from '../../src/jit/x87-shape.js';

const LOAD: X87Effect = { needs: [], pushes: true };
const ADD_POP: X87Effect = { needs: [0, 1], pops: 1 };
const STORE_POP: X87Effect = { needs: [0], pops: 1 };

describe('requirements', () => {
  // prettier-ignore
  it.each<[string, X87Effect[], number, number]>([
    ['a load needs the register below TOP empty', [LOAD], 0, 0x80],
    ['what has been pushed is not asked for', [LOAD, LOAD, ADD_POP, STORE_POP], 0, 0xc0],
    ['operands that were there', [ADD_POP, STORE_POP], 0x03, 0],
    ['a register that has been emptied can be pushed onto', [STORE_POP, LOAD], 0x01, 0],
    ['an operand that is known to be empty ends it', [STORE_POP, { needs: [], moves: -1 }, STORE_POP, LOAD], 0x01, 0],
    ['TOP may be moved', [{ needs: [], moves: 1 }, { needs: [0] }], 0x02, 0],
    ['FFREE', [{ needs: [], frees: 7 }, LOAD], 0, 0],
    ['FLD ST(7) needs its register full and empty', [{ needs: [7], pushes: true }], 0, 0],
    ['FST fills a register', [{ needs: [0], fills: 7 }, LOAD], 0x01, 0],
  ])('%s', (_, effects, full, empty) => {
    expect(requirements(effects)).toEqual({ full, empty });
  });
});

describe('shape', () => {
  it('allows an operation only if all that it needs is known', () => {
    const shape = new X87Shape();
    expect(shape.allows(LOAD)).toBe(false);
    shape.assume(0, 0x80);
    expect(shape.allows(LOAD)).toBe(true);
    shape.apply(LOAD);
    expect([shape.depth, shape.full, shape.empty]).toEqual([-1, 0x80, 0]);
    expect(shape.allows(LOAD)).toBe(false);
    expect(shape.allows(ADD_POP)).toBe(false);
    expect(shape.allows(STORE_POP)).toBe(true);
  });

  it('follows TOP around', () => {
    const shape = new X87Shape();
    shape.assume(0x01, 0);
    shape.apply(STORE_POP);
    shape.apply({ needs: [], moves: -2 });
    expect([shape.register(0), shape.register(1), shape.empty]).toEqual([7, 0, 0x01]);
  });
});

/**
 * Wasm's own arithmetic and softfloat give the same. An unmasked exception that an operation cannot raise sends it to softfloat,
 * and changes nothing else.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { hex } from '../../decode/decoding.js';
import { Machine } from '../../helpers/machine.js';
import { mulberry32 } from '../../helpers/mulberry32.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableVectors } from '../../helpers/vector-registers.js';

const CASES = 150;
const DEFAULT = 0x1f80;
const PE = 0x20;
const FLAGS = 0x3f;
const [UNMASK_IE, UNMASK_ZE] = [0x80, 0x200];

const machine = await Machine.create();
beforeAll(() => {
  enableVectors(machine);
});

/** Bits of a number; near the other ones that the generator gives, at an end of the range, or special. */
function float(next: () => number, isDouble: boolean): bigint {
  const [exponentBits, fractionBits] = isDouble ? [11n, 52n] : [8n, 23n];
  const greatest = (1n << exponentBits) - 1n;
  const middle = greatest / 2n + BigInt(next() % 60) - 30n;
  const ends = [0n, 1n, 2n, greatest - 1n, greatest, greatest / 2n, greatest / 2n - fractionBits];
  const exponent = next() % 3 === 0 ? ends[next() % ends.length]! : middle;
  const random = ((BigInt(next()) << 32n) | BigInt(next())) & ((1n << fractionBits) - 1n);
  const fraction = [0n, 1n, (1n << fractionBits) - 1n, (random >> 30n) << 30n, random, random][next() % 6]!;
  return (BigInt(next() & 1) << (exponentBits + fractionBits)) | (exponent << fractionBits) | fraction;
}

/** Two registers full of numbers. */
function operands(next: () => number, isDouble: boolean): Uint8Array {
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 64; at += isDouble ? 8 : 4) {
    if (isDouble) view.setBigUint64(at, float(next, isDouble), true);
    else view.setUint32(at, Number(float(next, isDouble)), true);
  }
  return bytes;
}

/** YMM0 and the exceptions after an instruction on XMM0 and XMM1, or on YMM0 and YMM1. */
function run(bytes: string, registers: Uint8Array, mxcsr: number) {
  machine.core.vectorRegisters.set(registers);
  machine.state.set('mxcsr', mxcsr);
  const outcome = outcomeOf(machine, [...hex(bytes)]);
  const result = Buffer.from(machine.core.vectorRegisters.slice(0, 32)).toString('hex');
  return { outcome, result, flags: machine.state.get('mxcsr') & FLAGS };
}

describe('arithmetic', () => {
  // prettier-ignore
  it.each([
    ['addss', 'f30f58c1', UNMASK_ZE], ['subss', 'f30f5cc1', UNMASK_ZE], ['mulss', 'f30f59c1', UNMASK_ZE], ['divss', 'f30f5ec1', UNMASK_IE], ['sqrtss', 'f30f51c1', UNMASK_ZE],
    ['addsd', 'f20f58c1', UNMASK_ZE], ['subsd', 'f20f5cc1', UNMASK_ZE], ['mulsd', 'f20f59c1', UNMASK_ZE], ['divsd', 'f20f5ec1', UNMASK_IE], ['sqrtsd', 'f20f51c1', UNMASK_ZE],
    ['addps', '0f58c1', UNMASK_ZE], ['subps', '0f5cc1', UNMASK_ZE], ['mulps', '0f59c1', UNMASK_ZE], ['divps', '0f5ec1', UNMASK_IE], ['sqrtps', '0f51c1', UNMASK_ZE],
    ['vaddpd ymm', 'c5fd58c1', UNMASK_ZE], ['vsubpd ymm', 'c5fd5cc1', UNMASK_ZE], ['vmulpd ymm', 'c5fd59c1', UNMASK_ZE], ['vdivpd ymm', 'c5fd5ec1', UNMASK_IE], ['vsqrtpd ymm', 'c5fd51c1', UNMASK_ZE],
    ['roundss', '660f3a0ac101', UNMASK_ZE], ['roundsd', '660f3a0bc104', UNMASK_ZE], ['roundps', '660f3a08c10a', UNMASK_ZE], ['vroundpd ymm', 'c4e37d09c103', UNMASK_ZE],
    ['vfmadd213ss', 'c4e279a9c1', UNMASK_ZE], ['vfmadd231sd', 'c4e2f9b9c1', UNMASK_ZE], ['vfnmsub132ps ymm', 'c4e27d9ec1', UNMASK_ZE], ['vfmaddsub213pd ymm', 'c4e2fda6c1', UNMASK_ZE],
  ])('%s', (name, bytes, unmasked) => {
    const next = mulberry32(bytes.length * 77 + bytes.charCodeAt(5));
    const isDouble = /[sp]d/.test(name.slice(-6));
    for (let i = 0; i < CASES; i++) {
      const registers = operands(next, isDouble);
      const slow = run(bytes, registers, DEFAULT & ~unmasked);
      if (slow.outcome !== 'completed') continue;
      const at = `${name} ${Buffer.from(registers).toString('hex')}`;
      expect({ at, ...run(bytes, registers, DEFAULT) }).toEqual({ at, ...slow });
      expect({ at, ...run(bytes, registers, DEFAULT | PE) }).toEqual({ at, ...slow, flags: slow.flags | PE });
    }
  });
});

describe('conversions', () => {
  // Rounding up sends CVTSI2SS and CVTSD2SI to softfloat, where it changes what is inexact; a mask is enough for the rest.
  // prettier-ignore
  it.each([
    ['cvtsi2ss', 'f3480f2ac0'], ['cvtsi2sd', 'f2480f2ac0'], ['cvtsd2ss', 'f20f5ac1'], ['cvtss2sd', 'f30f5ac1'],
  ])('%s', (name, bytes) => {
    const next = mulberry32(bytes.length * 99 + bytes.charCodeAt(7));
    for (let i = 0; i < CASES; i++) {
      const registers = operands(next, name !== 'cvtss2sd');
      machine.state.setBig('rax', (BigInt(next()) << 32n | BigInt(next())) >> BigInt(next() % 64));
      const slow = run(bytes, registers, DEFAULT & ~UNMASK_ZE);
      expect(run(bytes, registers, DEFAULT | PE)).toEqual({ ...slow, flags: slow.flags | PE });
    }
  });

  it.each([
    ['cvtsd2si', 'f2480f2dc1', true],
    ['cvttsd2si', 'f2480f2cc1', true],
    ['cvtss2si', 'f30f2dc1', false],
    ['cvttss2si', 'f30f2cc1', false],
  ])('%s is the conversion of packed numbers', (name, bytes, isDouble) => {
    const next = mulberry32(name.length);
    const packed = {
      cvtsd2si: 'f20fe6c1',
      cvttsd2si: '660fe6c1',
      cvtss2si: '660f5bc1',
      cvttss2si: 'f30f5bc1',
    }[name]!;
    const narrow = bytes.replace('f248', 'f2');
    for (let i = 0; i < CASES; i++) {
      const registers = operands(next, isDouble);
      registers.fill(0, isDouble ? 40 : 36, 48);
      const slow = run(packed, registers, DEFAULT);
      machine.state.setBig('rax', 0n);
      expect(run(narrow, registers, DEFAULT).flags).toBe(slow.flags);
      expect(machine.state.num('rax')).toBe(Buffer.from(slow.result, 'hex').readUInt32LE(0));
    }
  });
});

describe('comparisons of numbers', () => {
  it.each([
    ['minsd', 'f20f5dc1', (a: number, b: number) => (a < b ? a : b)],
    ['maxsd', 'f20f5fc1', (a: number, b: number) => (a > b ? a : b)],
  ])('%s', (name, bytes, extreme) => {
    const next = mulberry32(name.length * 5);
    for (let i = 0; i < CASES; i++) {
      const registers = operands(next, true);
      const view = new DataView(registers.buffer);
      const [a, b] = [view.getFloat64(0, true), view.getFloat64(32, true)];
      if (Number.isNaN(a) || Number.isNaN(b)) continue;
      const result = Buffer.from(run(bytes, registers, DEFAULT).result, 'hex').readDoubleLE(0);
      expect(result).toBe(extreme(a, b));
    }
  });

  it.each(Array.from({ length: 32 }, (_, predicate) => predicate))(
    'VCMPPD with predicate %i',
    (predicate) => {
      const next = mulberry32(predicate + 1);
      const bytes = `c5f9c2c1${predicate.toString(16).padStart(2, '0')}`;
      const holds = RELATIONS[predicate & 15]!;
      for (let i = 0; i < CASES / 10; i++) {
        const registers = operands(next, true);
        const view = new DataView(registers.buffer);
        const expected = [0, 8].map((at) => {
          const [a, b] = [view.getFloat64(at, true), view.getFloat64(32 + at, true)];
          const relation = a < b ? 'L' : a === b ? 'E' : a > b ? 'G' : 'U';
          return holds.includes(relation) ? 'ff' : '00';
        });
        const { result } = run(bytes, registers, DEFAULT);
        expect([result.slice(0, 2), result.slice(16, 18)]).toEqual(expected);
      }
    },
  );
});

/** Less, equal, greater, unordered: what each of the first 16 predicates is true of (APM vol 4, VCMPPD). */
// prettier-ignore
const RELATIONS = ['E', 'L', 'LE', 'U', 'LGU', 'EGU', 'GU', 'LEG', 'EU', 'LU', 'LEU', '', 'LG', 'EG', 'G', 'LEGU'];

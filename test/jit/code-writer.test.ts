/** The encoder: every instruction that it has a name for does what the specification says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CodeWriter } from '../../src/jit/code-writer.js';
import { Op, Type } from '../../src/jit/wasm-opcodes.js';
import { evaluate, wordAt } from './wasm-functions.js';

const RUNS = { numRuns: 40 };
const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const RESULT = 32;

function pushI64(code: CodeWriter, value: bigint): void {
  code.i64(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
}

/** The i64 that `write` pushes. */
function evaluateI64(write: (code: CodeWriter) => void, before: readonly bigint[] = []): bigint {
  evaluate(
    (code) => {
      code.i32(RESULT);
      write(code);
      code.memory(Op.I64Store, 0);
      code.i32(0);
    },
    [],
    before,
  );
  return BigInt.asIntN(64, wordAt(RESULT));
}

it('writes constants', () => {
  fc.assert(fc.property(i32, (value) => evaluate((code) => code.i32(value)) === value));
  fc.assert(fc.property(i64, (value) => evaluateI64((code) => pushI64(code, value)) === value));
  for (const edge of [63, 64, -64, -65, 127, 128, -128, -129, 2 ** 31 - 1, -(2 ** 31)]) {
    expect(evaluate((code) => code.i32(edge))).toBe(edge);
    expect(evaluateI64((code) => code.i64(edge))).toBe(BigInt(edge));
  }
});

const unsigned = (value: number): number => value >>> 0;
const BINARY_32: readonly (readonly [Op, (a: number, b: number) => number | boolean])[] = [
  [Op.I32Add, (a, b) => a + b],
  [Op.I32Sub, (a, b) => a - b],
  [Op.I32Mul, (a, b) => Math.imul(a, b)],
  [Op.I32And, (a, b) => a & b],
  [Op.I32Or, (a, b) => a | b],
  [Op.I32Xor, (a, b) => a ^ b],
  [Op.I32Shl, (a, b) => a << b],
  [Op.I32ShrS, (a, b) => a >> b],
  [Op.I32ShrU, (a, b) => a >>> b],
  [Op.I32Rotl, (a, b) => (a << b) | (a >>> (32 - (b & 31)))],
  [Op.I32Rotr, (a, b) => (a >>> b) | (a << (32 - (b & 31)))],
  [Op.I32Eq, (a, b) => a === b],
  [Op.I32LtS, (a, b) => a < b],
  [Op.I32LtU, (a, b) => unsigned(a) < unsigned(b)],
  [Op.I32LeS, (a, b) => a <= b],
  [Op.I32LeU, (a, b) => unsigned(a) <= unsigned(b)],
  [Op.I32GeU, (a, b) => unsigned(a) >= unsigned(b)],
];

it.each(BINARY_32.map(([op, model]) => [Op[op], op, model] as const))('%s', (_name, op, model) => {
  const holds = (a: number, b: number): boolean =>
    evaluate((code) => {
      code.i32(a);
      code.i32(b);
      code.op(op);
    }) ===
    (Number(model(a, b)) | 0);
  // A rotation by zero is JavaScript's business, not the encoder's.
  const second = op === Op.I32Rotl || op === Op.I32Rotr ? fc.integer({ min: 1, max: 31 }) : i32;
  fc.assert(fc.property(i32, second, holds), RUNS);
});

const wide = (value: bigint): bigint => BigInt.asUintN(64, value);
const count = (value: bigint): bigint => value & 63n;
const BINARY_64: readonly (readonly [Op, (a: bigint, b: bigint) => bigint | boolean])[] = [
  [Op.I64Add, (a, b) => a + b],
  [Op.I64Sub, (a, b) => a - b],
  [Op.I64Mul, (a, b) => a * b],
  [Op.I64DivU, (a, b) => wide(a) / wide(b)],
  [Op.I64RemU, (a, b) => wide(a) % wide(b)],
  [Op.I64DivS, (a, b) => a / b],
  [Op.I64RemS, (a, b) => a % b],
  [Op.I64And, (a, b) => a & b],
  [Op.I64Or, (a, b) => a | b],
  [Op.I64Xor, (a, b) => a ^ b],
  [Op.I64Shl, (a, b) => a << count(b)],
  [Op.I64ShrS, (a, b) => a >> count(b)],
  [Op.I64ShrU, (a, b) => wide(a) >> count(b)],
  [Op.I64Rotl, (a, b) => (wide(a) << count(b)) | (wide(a) >> (64n - count(b)))],
  [Op.I64Rotr, (a, b) => (wide(a) >> count(b)) | (wide(a) << (64n - count(b)))],
  [Op.I64Eq, (a, b) => a === b],
  [Op.I64Ne, (a, b) => a !== b],
  [Op.I64LtS, (a, b) => a < b],
  [Op.I64LtU, (a, b) => wide(a) < wide(b)],
  [Op.I64LeS, (a, b) => a <= b],
  [Op.I64LeU, (a, b) => wide(a) <= wide(b)],
  [Op.I64GeU, (a, b) => wide(a) >= wide(b)],
];

it.each(BINARY_64.map(([op, model]) => [Op[op], op, model] as const))('%s', (_name, op, model) => {
  const holds = (a: bigint, b: bigint): boolean => {
    const expected = model(a, b);
    const isComparison = typeof expected === 'boolean';
    const actual = evaluateI64((code) => {
      pushI64(code, a);
      pushI64(code, b);
      code.op(op);
      if (isComparison) code.op(Op.I64ExtendI32U);
    });
    return actual === BigInt.asIntN(64, BigInt(expected));
  };
  const divisor = i64.filter((value) => value !== 0n && value !== -1n);
  fc.assert(fc.property(i64, divisor, holds), RUNS);
});

const ones = (value: bigint): number => [...wide(value).toString(2)].filter((digit) => digit === '1').length;
const UNARY: readonly (readonly [Op, 'i32' | 'i64', 'i32' | 'i64', (a: bigint) => bigint])[] = [
  [Op.I32Eqz, 'i32', 'i32', (a) => (a === 0n ? 1n : 0n)],
  [Op.I64Eqz, 'i64', 'i32', (a) => (a === 0n ? 1n : 0n)],
  [Op.I32Popcnt, 'i32', 'i32', (a) => BigInt(ones(BigInt.asUintN(32, a)))],
  [Op.I64Popcnt, 'i64', 'i64', (a) => BigInt(ones(a))],
  [Op.I32WrapI64, 'i64', 'i32', (a) => a],
  [Op.I64ExtendI32S, 'i32', 'i64', (a) => a],
  [Op.I64ExtendI32U, 'i32', 'i64', (a) => BigInt.asUintN(32, a)],
  [Op.I32Extend8S, 'i32', 'i32', (a) => BigInt.asIntN(8, a)],
  [Op.I32Extend16S, 'i32', 'i32', (a) => BigInt.asIntN(16, a)],
  [Op.I64Extend8S, 'i64', 'i64', (a) => BigInt.asIntN(8, a)],
  [Op.I64Extend16S, 'i64', 'i64', (a) => BigInt.asIntN(16, a)],
  [Op.I64Extend32S, 'i64', 'i64', (a) => BigInt.asIntN(32, a)],
];

it.each(UNARY.map((row) => [Op[row[0]], ...row] as const))('%s', (_name, op, from, to, model) => {
  const holds = (value: bigint): boolean => {
    const actual = evaluateI64((code) => {
      if (from === 'i32') code.i32(Number(value));
      else pushI64(code, value);
      code.op(op);
      if (to === 'i32') code.op(Op.I64ExtendI32S);
    });
    return actual === BigInt.asIntN(to === 'i32' ? 32 : 64, model(value));
  };
  fc.assert(fc.property(from === 'i32' ? i32.map(BigInt) : i64, holds), RUNS);
  expect(holds(0n)).toBe(true);
});

describe('memory', () => {
  const BYTES = [0x8182_8384_8586_8788n, 0n];

  it.each([
    [Op.I64Load8U, 0x88n],
    [Op.I64Load16U, 0x8788n],
    [Op.I64Load32U, 0x8586_8788n],
    [Op.I64Load, 0x8182_8384_8586_8788n],
  ])('load %i', (op, expected) => {
    const loaded = evaluateI64((code) => {
      code.i32(0);
      code.memory(op, 0);
    }, BYTES);
    expect(wide(loaded)).toBe(expected);
  });

  it('loads an i32', () => {
    const loaded = evaluate(
      (code) => {
        code.i32(0);
        code.memory(Op.I32Load, 4);
      },
      [],
      BYTES,
    );
    expect(loaded >>> 0).toBe(0x8182_8384);
  });

  it.each([
    [Op.I64Store8, 0xffn],
    [Op.I64Store16, 0xffffn],
    [Op.I64Store32, 0xffff_ffffn],
    [Op.I64Store, 0xffff_ffff_ffff_ffffn],
  ])('store %i', (op, mask) => {
    evaluate(
      (code) => {
        code.i32(0);
        pushI64(code, 0x1122_3344_5566_7788n);
        code.memory(op, 0);
        code.i32(0);
      },
      [],
      BYTES,
    );
    const expected = (BYTES[0]! & ~mask) | (0x1122_3344_5566_7788n & mask);
    expect(wordAt(0)).toBe(expected);
    expect(wordAt(8)).toBe(0n);
  });
});

it('branches and selects', () => {
  const locals = [{ type: Type.I32, count: 2 }];
  // Sums 1 to 10 in a loop that is left by a branch.
  const sum = evaluate((code) => {
    code.block(Op.Block);
    code.block(Op.Loop);
    code.get(0);
    code.i32(10);
    code.op(Op.I32GeU);
    code.branch(Op.BrIf, 1);
    code.get(0);
    code.i32(1);
    code.op(Op.I32Add);
    code.tee(0);
    code.get(1);
    code.op(Op.I32Add);
    code.set(1);
    code.branch(Op.Br, 0);
    code.op(Op.End);
    code.op(Op.End);
    code.get(1);
  }, locals);
  expect(sum).toBe(55);
  const chosen = evaluate((code) => {
    code.i32(7);
    code.i32(8);
    code.i32(0);
    code.op(Op.Select);
    code.block(Op.If, Type.I32);
    code.i32(1);
    code.op(Op.Else);
    code.i32(2);
    code.op(Op.End);
  }, locals);
  expect(chosen).toBe(1);
});

/** Integer arithmetic, comparisons and shifts of vectors, against models that do one lane at a time (APM vol 4). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Machine } from '../../helpers/machine.js';
import { outcomeOf } from '../../helpers/outcome.js';
import { enableVectors } from '../../helpers/vector-registers.js';

const machine = enableVectors(await Machine.create());
const XMM1 = 32;
const XMM2 = 64;
const BYTES = 32;

type Lanes = bigint[];
/** What an instruction makes of 128 bits of both operands, as lanes of `width` bits. */
interface Model {
  readonly width: number;
  readonly of: (x: Lanes, y: Lanes) => Lanes;
  /** Bits of a lane of the result, where that is another. */
  readonly resultWidth?: number;
}

function split(bytes: Uint8Array, width: number): Lanes {
  const step = width / 8;
  return Array.from({ length: bytes.length / step }, (_, lane) =>
    bytes
      .slice(lane * step, lane * step + step)
      .reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n),
  );
}

function join(lanes: Lanes, width: number): number[] {
  return lanes.flatMap((lane) =>
    Array.from({ length: width / 8 }, (_, i) => Number(BigInt.asUintN(8, lane >> BigInt(8 * i)))),
  );
}

function each(width: number, of: (x: bigint, y: bigint) => bigint): Model {
  return { width, of: (x, y) => x.map((lane, i) => of(lane, y[i] ?? 0n)) };
}

/** As `each`, of signed lanes. */
function signed(width: number, of: (x: bigint, y: bigint) => bigint): Model {
  return each(width, (x, y) => of(BigInt.asIntN(width, x), BigInt.asIntN(width, y)));
}

/** As `each`, of neighbouring signed lanes: those of x, then those of y. */
function pairs(width: number, of: (even: bigint, odd: bigint) => bigint): Model {
  const half = (lanes: Lanes) =>
    lanes.flatMap((lane, i) =>
      i % 2 === 0 ? [of(BigInt.asIntN(width, lane), BigInt.asIntN(width, lanes[i + 1] ?? 0n))] : [],
    );
  return { width, of: (x, y) => [...half(x), ...half(y)] };
}

function clamp(value: bigint, low: bigint, high: bigint): bigint {
  return value < low ? low : value > high ? high : value;
}
const S8 = (value: bigint) => clamp(value, -0x80n, 0x7fn);
const S16 = (value: bigint) => clamp(value, -0x8000n, 0x7fffn);
const U8 = (value: bigint) => clamp(value, 0n, 0xffn);
const U16 = (value: bigint) => clamp(value, 0n, 0xffffn);
const least = (x: bigint, y: bigint) => (x < y ? x : y);
const greatest = (x: bigint, y: bigint) => (x > y ? x : y);
const magnitude = (x: bigint) => (x < 0n ? -x : x);
const likeSign = (x: bigint, y: bigint) => (y < 0n ? -x : y === 0n ? 0n : x);
const equal = (x: bigint, y: bigint) => (x === y ? -1n : 0n);
const greater = (x: bigint, y: bigint) => (x > y ? -1n : 0n);
const roundedHigh = (x: bigint, y: bigint) => (((x * y) >> 14n) + 1n) >> 1n;

const multiplyAddWords: Model = {
  width: 16,
  resultWidth: 32,
  of: (x, y) =>
    [0, 2, 4, 6].map((i) => {
      const product = (at: number) => BigInt.asIntN(16, x[at] ?? 0n) * BigInt.asIntN(16, y[at] ?? 0n);
      return product(i) + product(i + 1);
    }),
};
const multiplyAddBytes: Model = {
  width: 8,
  resultWidth: 16,
  of: (x, y) =>
    [0, 2, 4, 6, 8, 10, 12, 14].map((i) => {
      const product = (at: number) => (x[at] ?? 0n) * BigInt.asIntN(8, y[at] ?? 0n);
      return S16(product(i) + product(i + 1));
    }),
};
const differences: Model = {
  width: 8,
  resultWidth: 64,
  of: (x, y) =>
    [0, 8].map((i) =>
      x.slice(i, i + 8).reduce((sum, byte, n) => sum + magnitude(byte - (y[i + n] ?? 0n)), 0n),
    ),
};
const minPosition: Model = {
  width: 16,
  resultWidth: 64,
  of: (_x, y) => {
    const minimum = y.reduce(least);
    return [minimum | (BigInt(y.indexOf(minimum)) << 16n), 0n];
  },
};
const evenProducts = (bits: 'signed' | 'unsigned'): Model => ({
  width: 32,
  resultWidth: 64,
  of: (x, y) => {
    const take = (value: bigint) => (bits === 'signed' ? BigInt.asIntN(32, value) : value);
    return [0, 2].map((i) => take(x[i] ?? 0n) * take(y[i] ?? 0n));
  },
});
/** By the low 64 bits of the lower half of y. */
const shift = (width: number, of: (x: bigint, count: bigint) => bigint): Model => ({
  width,
  of: (x, y) => {
    const count = y.slice(0, 64 / width).reduceRight((value, lane) => (value << BigInt(width)) | lane, 0n);
    return x.map((lane) => of(lane, count < BigInt(width) ? count : BigInt(width)));
  },
});

// Opcode map (1 = 0Fh, 2 = 0F38h), opcode.
// prettier-ignore
const INSTRUCTIONS: readonly (readonly [name: string, map: 1 | 2, opcode: number, model: Model])[] = [
  ['paddb', 1, 0xfc, each(8, (x, y) => x + y)], ['paddw', 1, 0xfd, each(16, (x, y) => x + y)],
  ['paddd', 1, 0xfe, each(32, (x, y) => x + y)], ['paddq', 1, 0xd4, each(64, (x, y) => x + y)],
  ['psubb', 1, 0xf8, each(8, (x, y) => x - y)], ['psubw', 1, 0xf9, each(16, (x, y) => x - y)],
  ['psubd', 1, 0xfa, each(32, (x, y) => x - y)], ['psubq', 1, 0xfb, each(64, (x, y) => x - y)],
  ['paddsb', 1, 0xec, signed(8, (x, y) => S8(x + y))], ['paddsw', 1, 0xed, signed(16, (x, y) => S16(x + y))],
  ['paddusb', 1, 0xdc, each(8, (x, y) => U8(x + y))], ['paddusw', 1, 0xdd, each(16, (x, y) => U16(x + y))],
  ['psubsb', 1, 0xe8, signed(8, (x, y) => S8(x - y))], ['psubsw', 1, 0xe9, signed(16, (x, y) => S16(x - y))],
  ['psubusb', 1, 0xd8, each(8, (x, y) => U8(x - y))], ['psubusw', 1, 0xd9, each(16, (x, y) => U16(x - y))],
  ['pavgb', 1, 0xe0, each(8, (x, y) => (x + y + 1n) >> 1n)], ['pavgw', 1, 0xe3, each(16, (x, y) => (x + y + 1n) >> 1n)],
  ['pminub', 1, 0xda, each(8, least)], ['pminsw', 1, 0xea, signed(16, least)], ['pminsb', 2, 0x38, signed(8, least)],
  ['pminsd', 2, 0x39, signed(32, least)], ['pminuw', 2, 0x3a, each(16, least)], ['pminud', 2, 0x3b, each(32, least)],
  ['pmaxub', 1, 0xde, each(8, greatest)], ['pmaxsw', 1, 0xee, signed(16, greatest)], ['pmaxsb', 2, 0x3c, signed(8, greatest)],
  ['pmaxsd', 2, 0x3d, signed(32, greatest)], ['pmaxuw', 2, 0x3e, each(16, greatest)], ['pmaxud', 2, 0x3f, each(32, greatest)],
  ['pmullw', 1, 0xd5, each(16, (x, y) => x * y)], ['pmulld', 2, 0x40, each(32, (x, y) => x * y)],
  ['pmulhw', 1, 0xe5, signed(16, (x, y) => (x * y) >> 16n)], ['pmulhuw', 1, 0xe4, each(16, (x, y) => (x * y) >> 16n)],
  ['pmulhrsw', 2, 0x0b, signed(16, roundedHigh)],
  ['pmuldq', 2, 0x28, evenProducts('signed')], ['pmuludq', 1, 0xf4, evenProducts('unsigned')],
  ['pmaddwd', 1, 0xf5, multiplyAddWords], ['pmaddubsw', 2, 0x04, multiplyAddBytes], ['psadbw', 1, 0xf6, differences],
  ['psignb', 2, 0x08, signed(8, likeSign)], ['psignw', 2, 0x09, signed(16, likeSign)], ['psignd', 2, 0x0a, signed(32, likeSign)],
  ['phaddw', 2, 0x01, pairs(16, (x, y) => x + y)], ['phaddd', 2, 0x02, pairs(32, (x, y) => x + y)],
  ['phaddsw', 2, 0x03, pairs(16, (x, y) => S16(x + y))], ['phsubw', 2, 0x05, pairs(16, (x, y) => x - y)],
  ['phsubd', 2, 0x06, pairs(32, (x, y) => x - y)], ['phsubsw', 2, 0x07, pairs(16, (x, y) => S16(x - y))],
  ['pcmpeqb', 1, 0x74, each(8, equal)], ['pcmpeqw', 1, 0x75, each(16, equal)], ['pcmpeqd', 1, 0x76, each(32, equal)],
  ['pcmpeqq', 2, 0x29, each(64, equal)], ['pcmpgtb', 1, 0x64, signed(8, greater)], ['pcmpgtw', 1, 0x65, signed(16, greater)],
  ['pcmpgtd', 1, 0x66, signed(32, greater)], ['pcmpgtq', 2, 0x37, signed(64, greater)],
  ['pand', 1, 0xdb, each(64, (x, y) => x & y)], ['pandn', 1, 0xdf, each(64, (x, y) => ~x & y)],
  ['por', 1, 0xeb, each(64, (x, y) => x | y)], ['pxor', 1, 0xef, each(64, (x, y) => x ^ y)],
];

// prettier-ignore
const SHIFTS: typeof INSTRUCTIONS = [
  ['psllw', 1, 0xf1, shift(16, (x, n) => x << n)], ['pslld', 1, 0xf2, shift(32, (x, n) => x << n)], ['psllq', 1, 0xf3, shift(64, (x, n) => x << n)],
  ['psrlw', 1, 0xd1, shift(16, (x, n) => x >> n)], ['psrld', 1, 0xd2, shift(32, (x, n) => x >> n)], ['psrlq', 1, 0xd3, shift(64, (x, n) => x >> n)],
  ['psraw', 1, 0xe1, shift(16, (x, n) => BigInt.asIntN(16, x) >> n)], ['psrad', 1, 0xe2, shift(32, (x, n) => BigInt.asIntN(32, x) >> n)],
];

/** Of one operand; there is no 256-bit form of PHMINPOSUW. */
const UNARY: typeof INSTRUCTIONS = [
  ['pabsb', 2, 0x1c, signed(8, (_x, y) => magnitude(y))],
  ['pabsw', 2, 0x1d, signed(16, (_x, y) => magnitude(y))],
  ['pabsd', 2, 0x1e, signed(32, (_x, y) => magnitude(y))],
];
const NARROW: typeof INSTRUCTIONS = [['phminposuw', 2, 0x41, minPosition]];

// AVX2's shifts by lane: 32-bit lanes with W = 0, 64-bit lanes with W = 1.
const within = (width: number, y: bigint) => (y < BigInt(width) ? y : BigInt(width));
const EACH: readonly (readonly [name: string, opcode: number, isW: boolean, model: Model])[] = [
  ['vpsllvd', 0x47, false, each(32, (x, y) => x << within(32, y))],
  ['vpsllvq', 0x47, true, each(64, (x, y) => x << within(64, y))],
  ['vpsrlvd', 0x45, false, each(32, (x, y) => x >> within(32, y))],
  ['vpsrlvq', 0x45, true, each(64, (x, y) => x >> within(64, y))],
  ['vpsravd', 0x46, false, each(32, (x, y) => BigInt.asIntN(32, x) >> within(32, y))],
];

function run(code: number[], x: Uint8Array, y: Uint8Array): Uint8Array {
  machine.core.vectorRegisters.set(x, XMM1);
  machine.core.vectorRegisters.set(y, XMM2);
  expect(outcomeOf(machine, code)).toBe('completed');
  return machine.core.vectorRegisters.slice(XMM1, XMM1 + BYTES);
}

function expected(model: Model, x: Uint8Array, y: Uint8Array, from: number, count = y): number[] {
  const half = (bytes: Uint8Array, at: number) => split(bytes.subarray(at, at + 16), model.width);
  return join(model.of(half(x, from), half(count, count === y ? from : 0)), model.resultWidth ?? model.width);
}

const legacy = (map: number, opcode: number) => [0x66, 0x0f, ...(map === 2 ? [0x38] : []), opcode, 0xca];
const RM_XMM2_REG_XMM1 = 0xca;
/** W, vvvv = 1, L, pp = 66h (APM vol 3 §1.2.8). */
const vex = (map: number, opcode: number, isWide: boolean, isUnary = false, isW = false) => [
  0xc4,
  0xe0 | map,
  (isW ? 0x80 : 0) | (isUnary ? 0x79 : 0x71) | (isWide ? 4 : 0),
  opcode,
  RM_XMM2_REG_XMM1,
];

/** Registers full of values at which lanes overflow, and small counts. */
const edges = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0x8001n,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
];
const quad = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.constantFrom(
    ...edges,
    1n << 63n,
    (1n << 63n) - 1n,
    (1n << 64n) - 1n,
    0x8000_8000_8000_8000n,
    31n,
    63n,
    64n,
  ),
  fc.bigInt({ min: 0n, max: 127n }),
);
const register = fc
  .tuple(quad, quad, quad, quad)
  .map((quads) => Uint8Array.from(quads.flatMap((value) => join([value], 64))));
const RUNS = { numRuns: 40 };

describe('legacy forms keep the upper half', () => {
  it.each([...INSTRUCTIONS, ...SHIFTS, ...UNARY, ...NARROW])('%s', (_name, map, opcode, model) => {
    const check = (x: Uint8Array, y: Uint8Array) => {
      const result = run(legacy(map, opcode), x, y);
      expect([...result]).toEqual([...expected(model, x, y, 0), ...x.subarray(16)]);
    };
    fc.assert(fc.property(register, register, check), RUNS);
  });
});

describe('VEX.256 forms do both halves', () => {
  const forms = [
    ...INSTRUCTIONS.map(([name, map, opcode, model]) => [name, vex(map, opcode, true), model] as const),
    ...UNARY.map(([name, map, opcode, model]) => [name, vex(map, opcode, true, true), model] as const),
    ...EACH.map(([name, opcode, isW, model]) => [name, vex(2, opcode, true, false, isW), model] as const),
  ];
  it.each(forms)('%s', (_name, code, model) => {
    const check = (x: Uint8Array, y: Uint8Array) => {
      expect([...run(code, x, y)]).toEqual([...expected(model, x, y, 0), ...expected(model, x, y, 16)]);
    };
    fc.assert(fc.property(register, register, check), RUNS);
  });

  it.each(SHIFTS)('%s, by one count', (_name, map, opcode, model) => {
    const check = (x: Uint8Array, y: Uint8Array) => {
      const low = y.slice(0, 16);
      const high = expected(model, x, low, 16, Uint8Array.from(low));
      expect([...run(vex(map, opcode, true), x, y)]).toEqual([...expected(model, x, y, 0), ...high]);
    };
    fc.assert(fc.property(register, register, check), RUNS);
  });

  it('the count may be in the destination', () => {
    const ones = new Uint8Array(BYTES).fill(1);
    const count = new Uint8Array(BYTES);
    count[0] = 4;
    // vpsllw ymm1, ymm2, xmm1
    expect([...run([0xc5, 0xed, 0xf1, 0xc9], count, ones)]).toEqual(Array(BYTES).fill(0x10));
  });
});

describe('VEX.128 forms clear the upper half', () => {
  it.each(INSTRUCTIONS)('%s', (_name, map, opcode, model) => {
    const check = (x: Uint8Array, y: Uint8Array) => {
      const result = [...run(vex(map, opcode, false), x, y)];
      expect(result).toEqual([...expected(model, x, y, 0), ...Array<number>(16).fill(0)]);
    };
    fc.assert(fc.property(register, register, check), RUNS);
  });
});

describe('shifts by an immediate', () => {
  const bytes = Array.from({ length: 16 }, (_, i) => i + 1);
  const x = Uint8Array.from([...bytes, ...bytes]);
  // prettier-ignore
  it.each([
    ['psrldq xmm1, 3', [0x66, 0x0f, 0x73, 0xd9, 3], [...bytes.slice(3), 0, 0, 0]],
    ['psrldq xmm1, 16', [0x66, 0x0f, 0x73, 0xd9, 16], Array(16).fill(0)],
    ['pslldq xmm1, 3', [0x66, 0x0f, 0x73, 0xf9, 3], [0, 0, 0, ...bytes.slice(0, 13)]],
    ['pslldq xmm1, 255', [0x66, 0x0f, 0x73, 0xf9, 255], Array(16).fill(0)],
    ['psllw xmm1, 8', [0x66, 0x0f, 0x71, 0xf1, 8], bytes.map((byte, i) => (i % 2 === 0 ? 0 : byte - 1))],
    ['psraw xmm1, 200', [0x66, 0x0f, 0x71, 0xe1, 200], Array(16).fill(0)],
  ])('%s', (_text, code, low) => {
    expect([...run(code, x, x)]).toEqual([...low, ...bytes]);
  });

  it('shift each half of a YMM register by itself', () => {
    const shifted = [...bytes.slice(3), 0, 0, 0];
    expect([...run([0xc5, 0xf5, 0x73, 0xda, 3], x, x)]).toEqual([...shifted, ...shifted]); // vpsrldq ymm1, ymm2, 3
  });
});

it('MPSADBW takes other bits of its immediate for the upper half', () => {
  const bytes = Array.from({ length: 16 }, (_, i) => i * i);
  const x = Uint8Array.from([...bytes, ...bytes]);
  const sums = (from: number, block: number) =>
    Array.from({ length: 8 }, (_, i) =>
      BigInt(
        [0, 1, 2, 3].reduce(
          (sum, j) => sum + Math.abs((bytes[from + i + j] ?? 0) - (bytes[block + j] ?? 0)),
          0,
        ),
      ),
    );
  // vmpsadbw ymm1, ymm1, ymm2, 22h: 0 and block 2 below, 4 and block 0 above
  const result = run([0xc4, 0xe3, 0x75, 0x42, 0xca, 0x22], x, x);
  expect([...result]).toEqual([...join(sums(0, 8), 16), ...join(sums(4, 0), 16)]);
});

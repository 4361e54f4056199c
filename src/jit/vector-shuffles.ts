/** Moves, unpacks, shuffles, blends, inserts and extracts within 128 bits (abi/vector-op.ts). */
import { VectorOp } from '../../assembly/abi/vector-op.js';
import { Simd } from './simd-opcodes.js';
import { bytesOf, type VectorRow, type VectorRows } from './vector-row.js';
import { Op } from './wasm-opcodes.js';

const VECTOR_BYTES = 16;

/** Lanes of `width` bytes of x, then y, by number. */
function lanes(width: number, ...numbers: number[]): VectorRow {
  return byLanes(width, () => numbers);
}

/** Those that an imm8 names. */
function byLanes(width: number, choose: (immediate: number) => readonly number[]): VectorRow {
  return ({ code, x, y, immediate }) => {
    x();
    y();
    code.shuffle(bytesOf(width, choose(immediate)));
  };
}

/** Lanes of y alone. */
function ofSecond(width: number, choose: (immediate: number) => readonly number[]): VectorRow {
  return ({ code, y, immediate }) => {
    y();
    y();
    code.shuffle(bytesOf(width, choose(immediate)));
  };
}

/** Four numbers of lanes of two bits each. */
function quarters(immediate: number): number[] {
  return [0, 2, 4, 6].map((shift) => (immediate >> shift) & 3);
}

const LOW_WORDS = [0, 1, 2, 3];
const HIGH_WORDS = [4, 5, 6, 7];

/** Lane i of y where bit i is set, of x elsewhere. */
function blend(width: number): VectorRow {
  const count = VECTOR_BYTES / width;
  return byLanes(width, (immediate) =>
    Array.from({ length: count }, (_, i) => (((immediate >> i) & 1) !== 0 ? i + count : i)),
  );
}

/** Lanes of y where those of the third source are negative. */
function blendBy(isGreater: Simd): VectorRow {
  return ({ code, x, y, third }) => {
    y();
    x();
    code.splat64(0, 0);
    third();
    code.simd(isGreater);
    code.simd(Simd.BitSelect);
  };
}

/** x with lane imm8 from the lowest lane of y. */
function insert(extract: Simd, replace: Simd, count: number): VectorRow {
  return ({ code, x, y, immediate }) => {
    x();
    y();
    code.simdLane(extract, 0);
    code.simdLane(replace, immediate & (count - 1));
  };
}

/** Lane imm8 of y, zero-extended to 128 bits. */
function extract(op: Simd, count: number): VectorRow {
  return ({ code, y, immediate }) => {
    code.splat64(0, 0);
    y();
    code.simdLane(op, immediate & (count - 1));
    if (op !== Simd.I64x2Extract) code.op(Op.I64ExtendI32U);
    code.simdLane(Simd.I64x2Replace, 0);
  };
}

/** INSERTPS: lane imm8[7:6] of y into lane imm8[5:4] of x; then those of imm8[3:0] are cleared. */
const insertAny: VectorRow = ({ code, x, y, immediate }) => {
  const [from, to] = [immediate >> 6, (immediate >> 4) & 3];
  x();
  y();
  code.shuffle(
    bytesOf(
      4,
      [0, 1, 2, 3].map((lane) => (lane === to ? 4 + from : lane)),
    ),
  );
  if ((immediate & 0xf) === 0) return;
  code.vector(
    Array.from({ length: VECTOR_BYTES }, (_, i) => (((immediate >> (i >> 2)) & 1) !== 0 ? 0 : 0xff)),
  );
  code.simd(Simd.And);
};

/** PSHUFB: a byte of y with bit 7 set gives zero. */
const shuffleBytes: VectorRow = ({ code, x, y }) => {
  x();
  y();
  code.splat64(-0x70707071, -0x70707071);
  code.simd(Simd.And);
  code.simd(Simd.Swizzle);
};

/** PALIGNR: bytes of x:y from imm8 on, zeros above. */
const alignBytes: VectorRow = ({ code, x, y, immediate }) => {
  const isBeyond = immediate > VECTOR_BYTES;
  const from = isBeyond ? Math.min(immediate, 2 * VECTOR_BYTES) - VECTOR_BYTES : immediate;
  if (!isBeyond) y();
  x();
  if (isBeyond) code.splat64(0, 0);
  code.shuffle(Array.from({ length: VECTOR_BYTES }, (_, i) => from + i));
};

// prettier-ignore
export const SHUFFLES: VectorRows = {
  [VectorOp.Move]: ({ y }) => y(),
  [VectorOp.MoveLow32]: lanes(4, 4, 1, 2, 3),
  [VectorOp.MoveLow64]: lanes(8, 2, 1),
  [VectorOp.MoveZero64]: ({ code, y }) => {
    y();
    code.splat64(0, 0);
    code.shuffle(bytesOf(8, [0, 2]));
  },
  [VectorOp.MoveHighToLow]: lanes(8, 3, 1),
  [VectorOp.DuplicateEven64]: ofSecond(8, () => [0, 0]),
  [VectorOp.DuplicateEven32]: ofSecond(4, () => [0, 0, 2, 2]),
  [VectorOp.DuplicateOdd32]: ofSecond(4, () => [1, 1, 3, 3]),
  [VectorOp.UnpackLow8]: lanes(1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
  [VectorOp.UnpackLow16]: lanes(2, 0, 8, 1, 9, 2, 10, 3, 11),
  [VectorOp.UnpackLow32]: lanes(4, 0, 4, 1, 5),
  [VectorOp.UnpackLow64]: lanes(8, 0, 2),
  [VectorOp.UnpackHigh8]: lanes(1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31),
  [VectorOp.UnpackHigh16]: lanes(2, 4, 12, 5, 13, 6, 14, 7, 15),
  [VectorOp.UnpackHigh32]: lanes(4, 2, 6, 3, 7),
  [VectorOp.UnpackHigh64]: lanes(8, 1, 3),
  [VectorOp.ShuffleBytes]: shuffleBytes,
  [VectorOp.Shuffle32]: ofSecond(4, quarters),
  [VectorOp.ShuffleLow16]: ofSecond(2, (immediate) => [...quarters(immediate), ...HIGH_WORDS]),
  [VectorOp.ShuffleHigh16]: ofSecond(2, (immediate) => [...LOW_WORDS, ...quarters(immediate).map((lane) => lane + 4)]),
  [VectorOp.ShufflePairs32]: byLanes(4, (immediate) => quarters(immediate).map((lane, i) => (i < 2 ? lane : lane + 4))),
  [VectorOp.ShufflePairs64]: byLanes(8, (immediate) => [immediate & 1, 2 + ((immediate >> 1) & 1)]),
  [VectorOp.AlignBytes]: alignBytes,
  [VectorOp.Blend16]: blend(2),
  [VectorOp.Blend32]: blend(4),
  [VectorOp.Blend64]: blend(8),
  [VectorOp.BlendBy8]: blendBy(Simd.I8x16GtS),
  [VectorOp.BlendBy32]: blendBy(Simd.I32x4GtS),
  [VectorOp.BlendBy64]: blendBy(Simd.I64x2GtS),
  [VectorOp.Insert8]: insert(Simd.I8x16ExtractU, Simd.I8x16Replace, 16),
  [VectorOp.Insert16]: insert(Simd.I16x8ExtractU, Simd.I16x8Replace, 8),
  [VectorOp.Insert32]: insert(Simd.I32x4Extract, Simd.I32x4Replace, 4),
  [VectorOp.Insert64]: insert(Simd.I64x2Extract, Simd.I64x2Replace, 2),
  [VectorOp.InsertAny32]: insertAny,
  [VectorOp.Extract8]: extract(Simd.I8x16ExtractU, 16),
  [VectorOp.Extract16]: extract(Simd.I16x8ExtractU, 8),
  [VectorOp.Extract32]: extract(Simd.I32x4Extract, 4),
  [VectorOp.Extract64]: extract(Simd.I64x2Extract, 2),
};

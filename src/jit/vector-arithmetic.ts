/** Integer arithmetic, comparisons, logic, packs and extensions of vectors (abi/vector-op.ts). */
import { VectorOp } from '../../assembly/abi/vector-op.js';
import { Local } from './locals.js';
import { Simd } from './simd-opcodes.js';
import { binary, bytesOf, unary, type VectorRow, type VectorRows } from './vector-row.js';

/** x op y on even words or doublewords and their neighbours. */
function onPairs(op: Simd, even: readonly number[], odd: readonly number[]): VectorRow {
  return ({ code, x, y }) => {
    for (const bytes of [even, odd]) {
      x();
      y();
      code.shuffle(bytes);
    }
    code.simd(op);
  };
}

const EVEN_WORDS = bytesOf(2, [0, 2, 4, 6, 8, 10, 12, 14]);
const ODD_WORDS = bytesOf(2, [1, 3, 5, 7, 9, 11, 13, 15]);
const EVEN_DWORDS = bytesOf(4, [0, 2, 4, 6]);
const ODD_DWORDS = bytesOf(4, [1, 3, 5, 7]);
/** The even doublewords of one vector, where an extending multiplication wants them. */
const EVEN_DOWN = bytesOf(4, [0, 2, 0, 2]);

/** Upper halves of the products of words. */
function highProducts(low: Simd, high: Simd): VectorRow {
  return ({ code, x, y }) => {
    for (const op of [low, high]) {
      x();
      y();
      code.simd(op);
    }
    code.shuffle(ODD_WORDS);
  };
}

/** Products of the even doublewords. */
function wideProducts(op: Simd): VectorRow {
  return ({ code, x, y }) => {
    for (const operand of [x, y]) {
      operand();
      operand();
      code.shuffle(EVEN_DOWN);
    }
    code.simd(op);
  };
}

/** PMULHRSW: WebAssembly's saturates −1 · −1 to 7FFFh; x86 gives 8000h. */
const multiplyRounded: VectorRow = ({ code, x, y }) => {
  x();
  y();
  code.simd(Simd.I16x8Q15MulrSatS);
  for (const operand of [x, y]) {
    operand();
    code.i32(-0x8000);
    code.simd(Simd.I16x8Splat);
    code.simd(Simd.I16x8Eq);
  }
  code.simd(Simd.And);
  code.simd(Simd.Xor);
};

/** PSADBW */
const absoluteDifferences: VectorRow = ({ code, x, y }) => {
  x();
  y();
  code.simd(Simd.I8x16SubSatU);
  y();
  x();
  code.simd(Simd.I8x16SubSatU);
  code.simd(Simd.Or);
  code.simd(Simd.I16x8ExtAddPairwiseI8x16U);
  code.simd(Simd.I32x4ExtAddPairwiseI16x8U);
  code.tee(Local.Vector0);
  code.splat64(-1, 0);
  code.simd(Simd.And);
  code.get(Local.Vector0);
  code.i32(32);
  code.simd(Simd.I64x2ShrU);
  code.simd(Simd.I64x2Add);
};

// prettier-ignore
export const ARITHMETIC: VectorRows = {
  [VectorOp.And]: binary(Simd.And),
  [VectorOp.AndNot]: ({ code, x, y }) => { y(); x(); code.simd(Simd.AndNot); },
  [VectorOp.Or]: binary(Simd.Or),
  [VectorOp.Xor]: binary(Simd.Xor),
  [VectorOp.Add8]: binary(Simd.I8x16Add),
  [VectorOp.Add16]: binary(Simd.I16x8Add),
  [VectorOp.Add32]: binary(Simd.I32x4Add),
  [VectorOp.Add64]: binary(Simd.I64x2Add),
  [VectorOp.Sub8]: binary(Simd.I8x16Sub),
  [VectorOp.Sub16]: binary(Simd.I16x8Sub),
  [VectorOp.Sub32]: binary(Simd.I32x4Sub),
  [VectorOp.Sub64]: binary(Simd.I64x2Sub),
  [VectorOp.AddSatS8]: binary(Simd.I8x16AddSatS),
  [VectorOp.AddSatS16]: binary(Simd.I16x8AddSatS),
  [VectorOp.AddSatU8]: binary(Simd.I8x16AddSatU),
  [VectorOp.AddSatU16]: binary(Simd.I16x8AddSatU),
  [VectorOp.SubSatS8]: binary(Simd.I8x16SubSatS),
  [VectorOp.SubSatS16]: binary(Simd.I16x8SubSatS),
  [VectorOp.SubSatU8]: binary(Simd.I8x16SubSatU),
  [VectorOp.SubSatU16]: binary(Simd.I16x8SubSatU),
  [VectorOp.AverageU8]: binary(Simd.I8x16AvgrU),
  [VectorOp.AverageU16]: binary(Simd.I16x8AvgrU),
  [VectorOp.MinS8]: binary(Simd.I8x16MinS),
  [VectorOp.MinU8]: binary(Simd.I8x16MinU),
  [VectorOp.MinS16]: binary(Simd.I16x8MinS),
  [VectorOp.MinU16]: binary(Simd.I16x8MinU),
  [VectorOp.MinS32]: binary(Simd.I32x4MinS),
  [VectorOp.MinU32]: binary(Simd.I32x4MinU),
  [VectorOp.MaxS8]: binary(Simd.I8x16MaxS),
  [VectorOp.MaxU8]: binary(Simd.I8x16MaxU),
  [VectorOp.MaxS16]: binary(Simd.I16x8MaxS),
  [VectorOp.MaxU16]: binary(Simd.I16x8MaxU),
  [VectorOp.MaxS32]: binary(Simd.I32x4MaxS),
  [VectorOp.MaxU32]: binary(Simd.I32x4MaxU),
  [VectorOp.MultiplyLow16]: binary(Simd.I16x8Mul),
  [VectorOp.MultiplyLow32]: binary(Simd.I32x4Mul),
  [VectorOp.MultiplyHighS16]: highProducts(Simd.I32x4ExtMulLowI16x8S, Simd.I32x4ExtMulHighI16x8S),
  [VectorOp.MultiplyHighU16]: highProducts(Simd.I32x4ExtMulLowI16x8U, Simd.I32x4ExtMulHighI16x8U),
  [VectorOp.MultiplyRounded16]: multiplyRounded,
  [VectorOp.MultiplyWideS32]: wideProducts(Simd.I64x2ExtMulLowI32x4S),
  [VectorOp.MultiplyWideU32]: wideProducts(Simd.I64x2ExtMulLowI32x4U),
  [VectorOp.MultiplyAdd16]: binary(Simd.I32x4DotI16x8S),
  [VectorOp.AbsoluteDifferences]: absoluteDifferences,
  [VectorOp.AddPairs16]: onPairs(Simd.I16x8Add, EVEN_WORDS, ODD_WORDS),
  [VectorOp.AddPairs32]: onPairs(Simd.I32x4Add, EVEN_DWORDS, ODD_DWORDS),
  [VectorOp.AddPairsSatS16]: onPairs(Simd.I16x8AddSatS, EVEN_WORDS, ODD_WORDS),
  [VectorOp.SubPairs16]: onPairs(Simd.I16x8Sub, EVEN_WORDS, ODD_WORDS),
  [VectorOp.SubPairs32]: onPairs(Simd.I32x4Sub, EVEN_DWORDS, ODD_DWORDS),
  [VectorOp.SubPairsSatS16]: onPairs(Simd.I16x8SubSatS, EVEN_WORDS, ODD_WORDS),
  [VectorOp.Equal8]: binary(Simd.I8x16Eq),
  [VectorOp.Equal16]: binary(Simd.I16x8Eq),
  [VectorOp.Equal32]: binary(Simd.I32x4Eq),
  [VectorOp.Equal64]: binary(Simd.I64x2Eq),
  [VectorOp.GreaterS8]: binary(Simd.I8x16GtS),
  [VectorOp.GreaterS16]: binary(Simd.I16x8GtS),
  [VectorOp.GreaterS32]: binary(Simd.I32x4GtS),
  [VectorOp.GreaterS64]: binary(Simd.I64x2GtS),
  [VectorOp.Abs8]: unary(Simd.I8x16Abs),
  [VectorOp.Abs16]: unary(Simd.I16x8Abs),
  [VectorOp.Abs32]: unary(Simd.I32x4Abs),
  [VectorOp.PackS16]: binary(Simd.I8x16NarrowI16x8S),
  [VectorOp.PackU16]: binary(Simd.I8x16NarrowI16x8U),
  [VectorOp.PackS32]: binary(Simd.I16x8NarrowI32x4S),
  [VectorOp.PackU32]: binary(Simd.I16x8NarrowI32x4U),
  [VectorOp.SignExtend8To16]: unary(Simd.I16x8ExtendLowI8x16S),
  [VectorOp.SignExtend8To32]: unary(Simd.I16x8ExtendLowI8x16S, Simd.I32x4ExtendLowI16x8S),
  [VectorOp.SignExtend8To64]: unary(Simd.I16x8ExtendLowI8x16S, Simd.I32x4ExtendLowI16x8S, Simd.I64x2ExtendLowI32x4S),
  [VectorOp.SignExtend16To32]: unary(Simd.I32x4ExtendLowI16x8S),
  [VectorOp.SignExtend16To64]: unary(Simd.I32x4ExtendLowI16x8S, Simd.I64x2ExtendLowI32x4S),
  [VectorOp.SignExtend32To64]: unary(Simd.I64x2ExtendLowI32x4S),
  [VectorOp.ZeroExtend8To16]: unary(Simd.I16x8ExtendLowI8x16U),
  [VectorOp.ZeroExtend8To32]: unary(Simd.I16x8ExtendLowI8x16U, Simd.I32x4ExtendLowI16x8U),
  [VectorOp.ZeroExtend8To64]: unary(Simd.I16x8ExtendLowI8x16U, Simd.I32x4ExtendLowI16x8U, Simd.I64x2ExtendLowI32x4U),
  [VectorOp.ZeroExtend16To32]: unary(Simd.I32x4ExtendLowI16x8U),
  [VectorOp.ZeroExtend16To64]: unary(Simd.I32x4ExtendLowI16x8U, Simd.I64x2ExtendLowI32x4U),
  [VectorOp.ZeroExtend32To64]: unary(Simd.I64x2ExtendLowI32x4U),
};

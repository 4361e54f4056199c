/** Chooses the operation of a `Uop.Vector`, 128 bits at a time; no semantics in it. None can fail. */
import { VectorOp } from './abi/vector-op';
import { extractField, insertField } from './exec/vector-field';
import {
  absoluteDifferences,
  addPairs16,
  addPairs32,
  addPairsSatS16,
  minPosition,
  multiplyAdd8,
  multiplyHighS16,
  multiplyHighU16,
  multiplyRounded16,
  multiplyWideS32,
  multiplyWideU32,
  sign,
  slidingDifferences,
  subPairs16,
  subPairs32,
  subPairsSatS16,
} from './exec/vector-integer';
import {
  alignBytes,
  countIn,
  shiftArithmeticEach,
  shiftBytesLeft,
  shiftBytesRight,
  shiftLanesArithmetic,
  shiftLanesLeft,
  shiftLanesRight,
  shiftLeftEach,
  shiftRightEach,
} from './exec/vector-shift';
import {
  blend16,
  blend32,
  blend64,
  blendBy,
  extract16,
  extract32,
  extract64,
  extract8,
  insert16,
  insert32,
  insert64,
  insert8,
  insertAny32,
  permuteBy32,
  permuteBy64,
  shuffle32,
  shuffleBytes,
  shuffleHigh16,
  shuffleLow16,
  shufflePairs32,
  shufflePairs64,
} from './exec/vector-shuffle';

/** 128 bits of an operation whose halves are alike. `third` is the address of the third source, if there is one. */
export function combine(op: VectorOp, x: v128, y: v128, third: u32, imm8: u32): v128 {
  switch (op) {
    case VectorOp.And:
      return v128.and(x, y);
    case VectorOp.AndNot:
      return v128.andnot(y, x);
    case VectorOp.Or:
      return v128.or(x, y);
    case VectorOp.Xor:
      return v128.xor(x, y);
    case VectorOp.Move:
      return y;
    case VectorOp.MoveLow32:
      return i32x4.shuffle(x, y, 4, 1, 2, 3);
    case VectorOp.MoveLow64:
      return i64x2.shuffle(x, y, 2, 1);
    case VectorOp.MoveZero64:
      return i64x2.replace_lane(y, 1, 0);
    case VectorOp.MoveHighToLow:
      return i64x2.shuffle(x, y, 3, 1);
    case VectorOp.DuplicateEven64:
      return i64x2.shuffle(y, y, 0, 0);
    case VectorOp.DuplicateEven32:
      return i32x4.shuffle(y, y, 0, 0, 2, 2);
    case VectorOp.DuplicateOdd32:
      return i32x4.shuffle(y, y, 1, 1, 3, 3);
    case VectorOp.Add8:
      return i8x16.add(x, y);
    case VectorOp.Add16:
      return i16x8.add(x, y);
    case VectorOp.Add32:
      return i32x4.add(x, y);
    case VectorOp.Add64:
      return i64x2.add(x, y);
    case VectorOp.Sub8:
      return i8x16.sub(x, y);
    case VectorOp.Sub16:
      return i16x8.sub(x, y);
    case VectorOp.Sub32:
      return i32x4.sub(x, y);
    case VectorOp.Sub64:
      return i64x2.sub(x, y);
    case VectorOp.AddSatS8:
      return i8x16.add_sat_s(x, y);
    case VectorOp.AddSatS16:
      return i16x8.add_sat_s(x, y);
    case VectorOp.AddSatU8:
      return i8x16.add_sat_u(x, y);
    case VectorOp.AddSatU16:
      return i16x8.add_sat_u(x, y);
    case VectorOp.SubSatS8:
      return i8x16.sub_sat_s(x, y);
    case VectorOp.SubSatS16:
      return i16x8.sub_sat_s(x, y);
    case VectorOp.SubSatU8:
      return i8x16.sub_sat_u(x, y);
    case VectorOp.SubSatU16:
      return i16x8.sub_sat_u(x, y);
    case VectorOp.AverageU8:
      return i8x16.avgr_u(x, y);
    case VectorOp.AverageU16:
      return i16x8.avgr_u(x, y);
    case VectorOp.MinS8:
      return i8x16.min_s(x, y);
    case VectorOp.MinU8:
      return i8x16.min_u(x, y);
    case VectorOp.MinS16:
      return i16x8.min_s(x, y);
    case VectorOp.MinU16:
      return i16x8.min_u(x, y);
    case VectorOp.MinS32:
      return i32x4.min_s(x, y);
    case VectorOp.MinU32:
      return i32x4.min_u(x, y);
    case VectorOp.MaxS8:
      return i8x16.max_s(x, y);
    case VectorOp.MaxU8:
      return i8x16.max_u(x, y);
    case VectorOp.MaxS16:
      return i16x8.max_s(x, y);
    case VectorOp.MaxU16:
      return i16x8.max_u(x, y);
    case VectorOp.MaxS32:
      return i32x4.max_s(x, y);
    case VectorOp.MaxU32:
      return i32x4.max_u(x, y);
    case VectorOp.MultiplyLow16:
      return i16x8.mul(x, y);
    case VectorOp.MultiplyLow32:
      return i32x4.mul(x, y);
    case VectorOp.MultiplyHighS16:
      return multiplyHighS16(x, y);
    case VectorOp.MultiplyHighU16:
      return multiplyHighU16(x, y);
    case VectorOp.MultiplyRounded16:
      return multiplyRounded16(x, y);
    case VectorOp.MultiplyWideS32:
      return multiplyWideS32(x, y);
    case VectorOp.MultiplyWideU32:
      return multiplyWideU32(x, y);
    case VectorOp.MultiplyAdd16:
      return i32x4.dot_i16x8_s(x, y);
    case VectorOp.MultiplyAdd8:
      return multiplyAdd8(x, y);
    case VectorOp.AbsoluteDifferences:
      return absoluteDifferences(x, y);
    case VectorOp.SlidingDifferences:
      return slidingDifferences(x, y, imm8);
    case VectorOp.Sign8:
      return sign<i8>(x, y);
    case VectorOp.Sign16:
      return sign<i16>(x, y);
    case VectorOp.Sign32:
      return sign<i32>(x, y);
    case VectorOp.AddPairs16:
      return addPairs16(x, y);
    case VectorOp.AddPairs32:
      return addPairs32(x, y);
    case VectorOp.AddPairsSatS16:
      return addPairsSatS16(x, y);
    case VectorOp.SubPairs16:
      return subPairs16(x, y);
    case VectorOp.SubPairs32:
      return subPairs32(x, y);
    case VectorOp.SubPairsSatS16:
      return subPairsSatS16(x, y);
    case VectorOp.Equal8:
      return i8x16.eq(x, y);
    case VectorOp.Equal16:
      return i16x8.eq(x, y);
    case VectorOp.Equal32:
      return i32x4.eq(x, y);
    case VectorOp.Equal64:
      return i64x2.eq(x, y);
    case VectorOp.GreaterS8:
      return i8x16.gt_s(x, y);
    case VectorOp.GreaterS16:
      return i16x8.gt_s(x, y);
    case VectorOp.GreaterS32:
      return i32x4.gt_s(x, y);
    case VectorOp.GreaterS64:
      return i64x2.gt_s(x, y);
    case VectorOp.Abs8:
      return i8x16.abs(y);
    case VectorOp.Abs16:
      return i16x8.abs(y);
    case VectorOp.Abs32:
      return i32x4.abs(y);
    case VectorOp.MinPosition:
      return minPosition(y);
    case VectorOp.ShiftLeft16:
      return shiftLanesLeft<u16>(x, imm8);
    case VectorOp.ShiftLeft32:
      return shiftLanesLeft<u32>(x, imm8);
    case VectorOp.ShiftLeft64:
      return shiftLanesLeft<u64>(x, imm8);
    case VectorOp.ShiftRight16:
      return shiftLanesRight<u16>(x, imm8);
    case VectorOp.ShiftRight32:
      return shiftLanesRight<u32>(x, imm8);
    case VectorOp.ShiftRight64:
      return shiftLanesRight<u64>(x, imm8);
    case VectorOp.ShiftArithmetic16:
      return shiftLanesArithmetic<i16>(x, imm8);
    case VectorOp.ShiftArithmetic32:
      return shiftLanesArithmetic<i32>(x, imm8);
    case VectorOp.ShiftLeftBytes:
      return shiftBytesLeft(x, imm8);
    case VectorOp.ShiftRightBytes:
      return shiftBytesRight(x, imm8);
    case VectorOp.ShiftLeftBy16:
      return shiftLanesLeft<u16>(x, countIn(third));
    case VectorOp.ShiftLeftBy32:
      return shiftLanesLeft<u32>(x, countIn(third));
    case VectorOp.ShiftLeftBy64:
      return shiftLanesLeft<u64>(x, countIn(third));
    case VectorOp.ShiftRightBy16:
      return shiftLanesRight<u16>(x, countIn(third));
    case VectorOp.ShiftRightBy32:
      return shiftLanesRight<u32>(x, countIn(third));
    case VectorOp.ShiftRightBy64:
      return shiftLanesRight<u64>(x, countIn(third));
    case VectorOp.ShiftArithmeticBy16:
      return shiftLanesArithmetic<i16>(x, countIn(third));
    case VectorOp.ShiftArithmeticBy32:
      return shiftLanesArithmetic<i32>(x, countIn(third));
    case VectorOp.ShiftLeftEach32:
      return shiftLeftEach<u32>(x, y);
    case VectorOp.ShiftLeftEach64:
      return shiftLeftEach<u64>(x, y);
    case VectorOp.ShiftRightEach32:
      return shiftRightEach<u32>(x, y);
    case VectorOp.ShiftRightEach64:
      return shiftRightEach<u64>(x, y);
    case VectorOp.ShiftArithmeticEach32:
      return shiftArithmeticEach<i32>(x, y);
    case VectorOp.PackS16:
      return i8x16.narrow_i16x8_s(x, y);
    case VectorOp.PackU16:
      return i8x16.narrow_i16x8_u(x, y);
    case VectorOp.PackS32:
      return i16x8.narrow_i32x4_s(x, y);
    case VectorOp.PackU32:
      return i16x8.narrow_i32x4_u(x, y);
    case VectorOp.UnpackLow8:
      return i8x16.shuffle(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    case VectorOp.UnpackLow16:
      return i16x8.shuffle(x, y, 0, 8, 1, 9, 2, 10, 3, 11);
    case VectorOp.UnpackLow32:
      return i32x4.shuffle(x, y, 0, 4, 1, 5);
    case VectorOp.UnpackLow64:
      return i64x2.shuffle(x, y, 0, 2);
    case VectorOp.UnpackHigh8:
      return i8x16.shuffle(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    case VectorOp.UnpackHigh16:
      return i16x8.shuffle(x, y, 4, 12, 5, 13, 6, 14, 7, 15);
    case VectorOp.UnpackHigh32:
      return i32x4.shuffle(x, y, 2, 6, 3, 7);
    case VectorOp.UnpackHigh64:
      return i64x2.shuffle(x, y, 1, 3);
    case VectorOp.SignExtend8To16:
      return i16x8.extend_low_i8x16_s(y);
    case VectorOp.SignExtend8To32:
      return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(y));
    case VectorOp.SignExtend8To64:
      return i64x2.extend_low_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(y)));
    case VectorOp.SignExtend16To32:
      return i32x4.extend_low_i16x8_s(y);
    case VectorOp.SignExtend16To64:
      return i64x2.extend_low_i32x4_s(i32x4.extend_low_i16x8_s(y));
    case VectorOp.SignExtend32To64:
      return i64x2.extend_low_i32x4_s(y);
    case VectorOp.ZeroExtend8To16:
      return i16x8.extend_low_i8x16_u(y);
    case VectorOp.ZeroExtend8To32:
      return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(y));
    case VectorOp.ZeroExtend8To64:
      return i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(y)));
    case VectorOp.ZeroExtend16To32:
      return i32x4.extend_low_i16x8_u(y);
    case VectorOp.ZeroExtend16To64:
      return i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(y));
    case VectorOp.ZeroExtend32To64:
      return i64x2.extend_low_i32x4_u(y);
    case VectorOp.ShuffleBytes:
      return shuffleBytes(x, y);
    case VectorOp.Shuffle32:
      return shuffle32(y, imm8);
    case VectorOp.ShuffleLow16:
      return shuffleLow16(y, imm8);
    case VectorOp.ShuffleHigh16:
      return shuffleHigh16(y, imm8);
    case VectorOp.ShufflePairs32:
      return shufflePairs32(x, y, imm8);
    case VectorOp.ShufflePairs64:
      return shufflePairs64(x, y, imm8);
    case VectorOp.PermuteBy32:
      return permuteBy32(x, y);
    case VectorOp.PermuteBy64:
      return permuteBy64(x, y);
    case VectorOp.AlignBytes:
      return alignBytes(x, y, imm8);
    case VectorOp.Blend16:
      return blend16(x, y, imm8);
    case VectorOp.Blend32:
      return blend32(x, y, imm8);
    case VectorOp.Blend64:
      return blend64(x, y, imm8);
    case VectorOp.BlendBy8:
      return blendBy<i8>(x, y, v128.load(third));
    case VectorOp.BlendBy32:
      return blendBy<i32>(x, y, v128.load(third));
    case VectorOp.BlendBy64:
      return blendBy<i64>(x, y, v128.load(third));
    case VectorOp.Insert8:
      return insert8(x, y, imm8);
    case VectorOp.Insert16:
      return insert16(x, y, imm8);
    case VectorOp.Insert32:
      return insert32(x, y, imm8);
    case VectorOp.Insert64:
      return insert64(x, y, imm8);
    case VectorOp.InsertAny32:
      return insertAny32(x, y, imm8);
    case VectorOp.Extract8:
      return extract8(y, imm8);
    case VectorOp.Extract16:
      return extract16(y, imm8);
    case VectorOp.Extract32:
      return extract32(y, imm8);
    case VectorOp.Extract64:
      return extract64(y, imm8);
    case VectorOp.ExtractField:
      return extractField(x, imm8);
    case VectorOp.ExtractFieldBy:
      return extractField(x, i32x4.extract_lane(y, 0));
    case VectorOp.InsertField:
      return insertField(x, y, imm8);
    case VectorOp.InsertFieldBy:
      return insertField(x, y, i32x4.extract_lane(y, 2));
    default:
      unreachable();
      return x;
  }
}

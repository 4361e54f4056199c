/** Vector micro-ops: `Uop.Vector` in the form that it names, `Uop.VectorWhole`, `Uop.VectorTest` and moves. None can fail. */
import { VectorOp, VectorTestOp, VectorWholeOp } from './abi/vector-op';
import { VectorForm, VectorRegister } from './abi/vector-register';
import {
  extractHalf,
  fillHalves,
  insertHalf,
  permute64,
  permuteHalves,
  permuteLanes32,
  signs32,
  signs64,
  signs8,
  spread,
  zeroAll,
  zeroUpper,
} from './exec/vector-whole';
import { testVectors } from './exec/vector-test';
import { UopRecord } from './uop-record';
import { clearUpperHalf, vectorAddress } from './vector-file';
import { enterMmx, mmx, setMmx } from './x87-state';
import { combine } from './vector-combine';

/** Runs a vector operation in the form that its micro-op names. */
export function executeVector(uop: UopRecord): void {
  const to = vectorAddress(uop.a);
  const first = vectorAddress(uop.b);
  const second = vectorAddress(uop.c);
  const third = vectorAddress(uop.n);
  const op = <VectorOp>((<i32>uop.imm) & 0xffff);
  const form = formOf(uop);
  if (form >= VectorForm.Mmx) return executeMmx(uop, op, form);
  const imm8 = <u32>(uop.imm >> 32);
  if (form == VectorForm.Vex256) {
    const upper = imm8 >> (imm8 >> 8);
    const high = combine(op, v128.load(first, 16), v128.load(second, 16), third + 16, upper);
    v128.store(to, combine(op, v128.load(first), v128.load(second), third, imm8));
    v128.store(to, high, 16);
  } else {
    v128.store(to, combine(op, v128.load(first), v128.load(second), third, imm8));
    if (form == VectorForm.Vex128) clearUpperHalf(to);
  }
}

/** Runs an operation on MMX registers. An exception that waits in the x87 unit has been raised before. */
function executeMmx(uop: UopRecord, op: VectorOp, form: VectorForm): void {
  const first = mmxSource(uop.b);
  const second = mmxSource(uop.c);
  const third = vectorAddress(VectorRegister.T3);
  v128.store(third, i64x2.splat(mmxSource(uop.n)));
  const isPaired = form == VectorForm.MmxPaired;
  const x = isPaired ? i64x2(first, second) : i64x2.splat(first);
  const y = isPaired ? x : i64x2.splat(second);
  const result = combine(op, x, y, third, <u32>(uop.imm >> 32));
  const isUpper = form == VectorForm.MmxUpper;
  setMmx(uop.a, isUpper ? i64x2.extract_lane(result, 1) : i64x2.extract_lane(result, 0));
  enterMmx();
}

function mmxSource(number: u32): u64 {
  return number < <u32>VectorRegister.T0 ? mmx(number) : load<u64>(vectorAddress(number));
}

/** Vector register a ← MMX register b, zero-extended. */
export function readMmx(uop: UopRecord): void {
  v128.store(vectorAddress(uop.a), i64x2(mmx(uop.b), 0));
}

/** Runs an operation that does not treat both halves alike. */
export function executeVectorWhole(uop: UopRecord): void {
  const to = vectorAddress(uop.a);
  const form = formOf(uop);
  transform(uop, to, vectorAddress(uop.b), vectorAddress(uop.c), form == VectorForm.Vex256);
  if (form == VectorForm.Vex128) clearUpperHalf(to);
}

/** Runs an operation whose result is the status flags. */
export function executeVectorTest(uop: UopRecord): void {
  const first = vectorAddress(uop.b);
  const second = vectorAddress(uop.c);
  const isWide = formOf(uop) == VectorForm.Vex256;
  switch (<VectorTestOp>((<i32>uop.imm) & 0xffff)) {
    case VectorTestOp.Bits:
      testVectors(first, second, i64x2.splat(-1), isWide);
      break;
    case VectorTestOp.Signs32:
      testVectors(first, second, i32x4.splat(i32.MIN_VALUE), isWide);
      break;
    case VectorTestOp.Signs64:
      testVectors(first, second, i64x2.splat(i64.MIN_VALUE), isWide);
      break;
    default:
      unreachable();
  }
}

/** MOVD and MOVQ from a general register. */
export function moveToVector(uop: UopRecord, value: u64): void {
  const to = vectorAddress(uop.a);
  v128.store(to, i64x2(<i64>value, 0));
  if (formOf(uop) != VectorForm.Legacy) clearUpperHalf(to);
}

function formOf(uop: UopRecord): VectorForm {
  return <VectorForm>(((<i32>uop.imm) >> 16) & 0xf);
}

function transform(uop: UopRecord, to: u32, first: u32, second: u32, isWide: bool): void {
  const imm8 = <u32>(uop.imm >> 32);
  switch (<VectorWholeOp>((<i32>uop.imm) & 0xffff)) {
    case VectorWholeOp.Broadcast8:
      fillHalves(to, i8x16.splat(load<i8>(second)));
      break;
    case VectorWholeOp.Broadcast16:
      fillHalves(to, i16x8.splat(load<i16>(second)));
      break;
    case VectorWholeOp.Broadcast32:
      fillHalves(to, i32x4.splat(load<i32>(second)));
      break;
    case VectorWholeOp.Broadcast64:
      fillHalves(to, i64x2.splat(load<i64>(second)));
      break;
    case VectorWholeOp.Broadcast128:
      fillHalves(to, v128.load(second));
      break;
    case VectorWholeOp.Spread:
      spread(to, second, imm8);
      break;
    case VectorWholeOp.PermuteHalves:
      permuteHalves(to, first, second, imm8);
      break;
    case VectorWholeOp.Permute64:
      permute64(to, second, imm8);
      break;
    case VectorWholeOp.PermuteBy32:
      permuteLanes32(to, first, second);
      break;
    case VectorWholeOp.InsertHalf:
      insertHalf(to, first, second, imm8);
      break;
    case VectorWholeOp.ExtractHalf:
      extractHalf(to, second, imm8);
      break;
    case VectorWholeOp.Signs8:
      signs8(to, second, isWide);
      break;
    case VectorWholeOp.Signs32:
      signs32(to, second, isWide);
      break;
    case VectorWholeOp.Signs64:
      signs64(to, second, isWide);
      break;
    case VectorWholeOp.ZeroUpper:
      zeroUpper(imm8);
      break;
    case VectorWholeOp.ZeroAll:
      zeroAll(imm8);
      break;
    default:
      unreachable();
  }
}

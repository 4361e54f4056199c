/** Conversions of packed and scalar numbers (APM vol 4, CVTxx2xx). */
import { FloatOp } from '../abi/float-op';
import { Flow } from '../abi/stop';
import { Rounding, setRoundingMode } from '../softfloat/environment';
import { fromInteger, toInteger } from '../softfloat/integral';
import { isNan, operandA } from '../softfloat/number';
import { register, setRegister } from '../state';
import { UopRecord } from '../uop-record';
import { vectorAddress } from '../vector-file';
import {
  beginFloat,
  beginLane,
  endLane,
  finishFloat,
  finishWith,
  packedBytes,
  RESULTS,
} from './float-environment';
import { convertFromRegisterFast, convertScalarFast, convertToRegisterFast } from './float-fast-scalar';
import { laneBytes } from './float-lanes';
import { propagateNan, roundAndPack, unpackOperand } from './float-operand';

/** A packed conversion: a ← c. */
export function executeConversion(uop: UopRecord, op: FloatOp): Flow {
  beginFloat();
  memory.fill(RESULTS, 0, 32);
  convertLanes(op, vectorAddress(uop.c), packedBytes(uop));
  return finishWith(uop, packedBytes(uop));
}

/** `bytes` are those of the wider of source and result. */
function convertLanes(op: FloatOp, from: u32, bytes: u32): void {
  switch (op) {
    case FloatOp.CvtDq2Ps:
      return convertFromIntegers<u32>(from, bytes);
    case FloatOp.CvtDq2Pd:
      return convertFromIntegers<u64>(from, bytes);
    case FloatOp.CvtPs2Dq:
      return convertToIntegers<u32>(from, bytes);
    case FloatOp.CvttPs2Dq:
      setRoundingMode(Rounding.Zero);
      return convertToIntegers<u32>(from, bytes);
    case FloatOp.CvtPd2Dq:
      return convertToIntegers<u64>(from, bytes);
    case FloatOp.CvttPd2Dq:
      setRoundingMode(Rounding.Zero);
      return convertToIntegers<u64>(from, bytes);
    case FloatOp.CvtPs2Pd:
      return convertFormat<u32, u64>(from, bytes);
    default:
      return convertFormat<u64, u32>(from, bytes);
  }
}

/** 32-bit integers to `bytes` bytes of lanes of T. */
function convertFromIntegers<T extends number>(from: u32, bytes: u32): void {
  const lanes = bytes / sizeof<T>();
  for (let i: u32 = 0; i < lanes; i++) {
    store<T>(RESULTS + i * sizeof<T>(), fromIntegerLane<T>(<i64>load<i32>(from + i * 4)));
  }
}

/** `bytes` bytes of lanes of T to 32-bit integers. */
function convertToIntegers<T extends number>(from: u32, bytes: u32): void {
  const lanes = bytes / sizeof<T>();
  for (let i: u32 = 0; i < lanes; i++) {
    store<i32>(RESULTS + i * 4, <i32>toIntegerLane<T>(load<T>(from + i * sizeof<T>()), 32));
  }
}

function convertFormat<From extends number, To extends number>(from: u32, bytes: u32): void {
  const lanes = bytes / 8;
  for (let i: u32 = 0; i < lanes; i++) {
    store<To>(RESULTS + i * sizeof<To>(), formatLane<From, To>(load<From>(from + i * sizeof<From>())));
  }
}

function fromIntegerLane<T extends number>(value: i64): T {
  const x = operandA();
  beginLane();
  fromInteger(value, x);
  const bits = roundAndPack<T>(x);
  endLane(0);
  return bits;
}

/** A denormal operand signals nothing but the precision exception. */
function toIntegerLane<T extends number>(operand: T, bits: u32): i64 {
  const x = operandA();
  unpackOperand<T>(operand, x);
  beginLane();
  const value = toInteger(x, bits);
  endLane(0);
  return value;
}

function formatLane<From extends number, To extends number>(operand: From): To {
  const x = operandA();
  unpackOperand<From>(operand, x);
  if (isNan(x)) return propagateNan<To>(x, x);
  const isDenormal = x.isDenormal;
  beginLane();
  const bits = roundAndPack<To>(x);
  endLane(isDenormal);
  return bits;
}

/** CVTSS2SD, CVTSD2SS. */
export function convertScalar(uop: UopRecord, op: FloatOp): Flow {
  if (convertScalarFast(uop, op)) return Flow.Next;
  const from = vectorAddress(uop.c);
  beginFloat();
  if (op == FloatOp.CvtSs2Sd) {
    store<u64>(RESULTS, formatLane<u32, u64>(load<u32>(from)));
    return finishWith(uop, 8);
  }
  store<u32>(RESULTS, formatLane<u64, u32>(load<u64>(from)));
  return finishWith(uop, 4);
}

/** CVTSI2SS, CVTSI2SD. */
export function convertFromRegister(uop: UopRecord, op: FloatOp): Flow {
  const bytes = laneBytes(uop);
  if (bytes == 4 ? convertFromRegisterFast<f32>(uop, op) : convertFromRegisterFast<f64>(uop, op)) {
    return Flow.Next;
  }
  const value = op == FloatOp.CvtSi64 ? register<i64>(uop.c) : <i64>register<i32>(uop.c);
  beginFloat();
  if (bytes == 4) store<u32>(RESULTS, fromIntegerLane<u32>(value));
  else store<u64>(RESULTS, fromIntegerLane<u64>(value));
  return finishWith(uop, bytes);
}

/** CVTSS2SI, CVTTSD2SI… */
export function convertToRegister(uop: UopRecord, op: FloatOp): Flow {
  const isSingle = laneBytes(uop) == 4;
  if (isSingle ? convertToRegisterFast<f32>(uop, op) : convertToRegisterFast<f64>(uop, op)) {
    return Flow.Next;
  }
  const from = vectorAddress(uop.c);
  const isWide = op == FloatOp.CvtToSi64 || op == FloatOp.CvttToSi64;
  const bits: u32 = isWide ? 64 : 32;
  beginFloat();
  if (op == FloatOp.CvttToSi32 || op == FloatOp.CvttToSi64) setRoundingMode(Rounding.Zero);
  const value = isSingle
    ? toIntegerLane<u32>(load<u32>(from), bits)
    : toIntegerLane<u64>(load<u64>(from), bits);
  if (finishFloat() != Flow.Next) return Flow.Abort;
  if (isWide) setRegister<u64>(uop.a, <u64>value);
  else setRegister<u32>(uop.a, <u32>value);
  return Flow.Next;
}

/** Operands and results of one lane, for either format: T is u32 for single, u64 for double precision. */
import { FloatException } from '../softfloat/environment';
import { FloatNumber, isNan, isSignalling } from '../softfloat/number';
import { packF32, packF64 } from '../softfloat/pack';
import { roundToF32, roundToF64 } from '../softfloat/round';
import { flushDenormal, unpackF32, unpackF64 } from '../softfloat/unpack';
import { areDenormalsZero, signalLane } from './float-environment';

export function unpackOperand<T extends number>(bits: T, to: FloatNumber): void {
  if (sizeof<T>() == 4) unpackF32(<u32>bits, to);
  else unpackF64(<u64>bits, to);
  if (areDenormalsZero()) flushDenormal(to);
}

export function pack<T extends number>(x: FloatNumber): T {
  return sizeof<T>() == 4 ? <T>packF32(x) : <T>packF64(x);
}

export function roundAndPack<T extends number>(x: FloatNumber): T {
  if (sizeof<T>() == 4) roundToF32(x);
  else roundToF64(x);
  return pack<T>(x);
}

/** The result if x or y is a NaN: the first that is one, made quiet (APM vol 1 §4.3.1.4). A signalling one is invalid. */
export function propagateNan<T extends number>(x: FloatNumber, y: FloatNumber): T {
  if (isSignalling(x) || isSignalling(y)) signalLane(FloatException.Invalid);
  return pack<T>(isNan(x) ? x : y);
}

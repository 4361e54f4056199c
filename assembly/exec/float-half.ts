/** F16C: conversions between half and single precision (APM vol 4, VCVTPH2PS, VCVTPS2PH). */
import { Flow } from '../abi/stop';
import { FloatException, keepTinyResults, setRoundingMode } from '../softfloat/environment';
import { isNan, isSignalling, operandA } from '../softfloat/number';
import { packF16, packF32 } from '../softfloat/pack';
import { roundToF16 } from '../softfloat/round';
import { unpackF16 } from '../softfloat/unpack';
import { UopRecord } from '../uop-record';
import { vectorAddress } from '../vector-file';
import {
  beginFloat,
  beginLane,
  endLane,
  finishWith,
  packedBytes,
  RESULTS,
  signalLane,
} from './float-environment';
import { unpackOperand } from './float-operand';
import { FROM_MXCSR } from './float-round';

/** a ← c. Always exact: only a signalling NaN is an exception; MXCSR.DAZ does not matter. */
export function convertFromHalf(uop: UopRecord): Flow {
  const from = vectorAddress(uop.c);
  const lanes = packedBytes(uop) / 4;
  beginFloat();
  for (let i: u32 = 0; i < lanes; i++) {
    const x = operandA();
    unpackF16(load<u16>(from + 2 * i), x);
    if (isSignalling(x)) signalLane(FloatException.Invalid);
    store<u32>(RESULTS + 4 * i, packF32(x));
  }
  return finishWith(uop, packedBytes(uop));
}

/** a ← c; the part of a that has no results becomes zero. MXCSR.FTZ does not apply. */
export function convertToHalf(uop: UopRecord): Flow {
  const from = vectorAddress(uop.c);
  const immediate = <u32>((<u64>uop.imm) >> 32);
  const lanes = packedBytes(uop) / 4;
  beginFloat();
  if ((immediate & FROM_MXCSR) == 0) setRoundingMode(immediate & 3);
  keepTinyResults();
  memory.fill(RESULTS, 0, 32);
  for (let i: u32 = 0; i < lanes; i++) {
    store<u16>(RESULTS + 2 * i, <u16>halfLane(load<u32>(from + 4 * i)));
  }
  return finishWith(uop, packedBytes(uop));
}

function halfLane(bits: u32): u32 {
  const x = operandA();
  unpackOperand<u32>(bits, x);
  if (isNan(x)) {
    if (isSignalling(x)) signalLane(FloatException.Invalid);
    return packF16(x);
  }
  const isDenormal = x.isDenormal;
  beginLane();
  roundToF16(x);
  endLane(isDenormal);
  return packF16(x);
}

/** FMA3: x * y + z with one rounding (APM vol 4). */
import { FloatOp, FUSED_ORDER_SHIFT, FusedOrder } from '../abi/float-op';
import { Flow } from '../abi/stop';
import { add } from '../softfloat/add';
import { FloatException } from '../softfloat/environment';
import { multiply } from '../softfloat/multiply';
import { FloatNumber, isNan, isSignalling, operandA, operandB, operandC, result } from '../softfloat/number';
import { UopRecord } from '../uop-record';
import { vectorAddress } from '../vector-file';
import { beginFloat, beginLane, endLane, finishOver, RESULTS, signalLane } from './float-environment';
import { finishFuseFast, fuse, mayFuseFast } from './float-fast-fused';
import { isDouble, laneBytes } from './float-lanes';
import { propagateNan, roundAndPack, unpackOperand } from './float-operand';

export function executeFused(uop: UopRecord, op: FloatOp): Flow {
  beginFloat();
  const a = vectorAddress(uop.a);
  const b = vectorAddress(uop.b);
  const c = vectorAddress(uop.c);
  const bytes = laneBytes(uop);
  switch (<FusedOrder>(((<i32>uop.imm) >> FUSED_ORDER_SHIFT) & 3)) {
    case FusedOrder.Order132:
      runFused(uop, op, a, c, b, bytes);
      break;
    case FusedOrder.Order213:
      runFused(uop, op, b, a, c, bytes);
      break;
    default:
      runFused(uop, op, b, c, a, bytes);
      break;
  }
  return finishOver(uop, bytes, a);
}

function runFused(uop: UopRecord, op: FloatOp, x: u32, y: u32, z: u32, bytes: u32): void {
  if (fuseFast(isDouble(uop), op, x, y, z, bytes)) return;
  if (isDouble(uop)) fuseLanes<u64>(op, x, y, z, bytes);
  else fuseLanes<u32>(op, x, y, z, bytes);
}

/** Tries Wasm's own arithmetic; false: softfloat must do it. */
function fuseFast(isDouble: bool, op: FloatOp, x: u32, y: u32, z: u32, bytes: u32): bool {
  if (!mayFuseFast()) return false;
  const isDone = isDouble ? fuseLanesFast<f64>(op, x, y, z, bytes) : fuseLanesFast<f32>(op, x, y, z, bytes);
  if (isDone) finishFuseFast();
  return isDone;
}

function fuseLanesFast<F extends number>(op: FloatOp, x: u32, y: u32, z: u32, bytes: u32): bool {
  const sign = negatesProduct(op) ? <F>-1 : <F>1;
  for (let at: u32 = 0; at < bytes; at += sizeof<F>()) {
    const signZ = negatesAddend(op, (at & sizeof<F>()) != 0) ? <F>-1 : <F>1;
    const lane = fuse<F>(<F>(sign * load<F>(x + at)), load<F>(y + at), <F>(signZ * load<F>(z + at)));
    if (lane != lane) return false;
    store<F>(RESULTS + at, lane);
  }
  return true;
}

function fuseLanes<T extends number>(op: FloatOp, x: u32, y: u32, z: u32, bytes: u32): void {
  for (let at: u32 = 0; at < bytes; at += sizeof<T>()) {
    unpackOperand<T>(load<T>(x + at), operandA());
    unpackOperand<T>(load<T>(y + at), operandB());
    unpackOperand<T>(load<T>(z + at), operandC());
    store<T>(RESULTS + at, fuseLane<T>(op, (at & sizeof<T>()) != 0));
  }
}

function negatesProduct(op: FloatOp): bool {
  return op == FloatOp.Fnmadd || op == FloatOp.Fnmsub;
}

function negatesAddend(op: FloatOp, isOddLane: bool): bool {
  if (op == FloatOp.FmaddSub) return !isOddLane;
  if (op == FloatOp.FmsubAdd) return isOddLane;
  return op == FloatOp.Fmsub || op == FloatOp.Fnmsub;
}

function fuseLane<T extends number>(op: FloatOp, isOddLane: bool): T {
  const x = operandA();
  const y = operandB();
  const z = operandC();
  if (isNan(x) || isNan(y) || isNan(z)) return propagateOfThree<T>(x, y, z);
  const to = result();
  beginLane();
  multiply(x, y, to);
  if (!isNan(to)) {
    if (negatesProduct(op)) to.sign ^= 1;
    if (negatesAddend(op, isOddLane)) z.sign ^= 1;
    add(to, z, to);
  }
  const bits = roundAndPack<T>(to);
  endLane(x.isDenormal | y.isDenormal | z.isDenormal);
  return bits;
}

/** The first of x, y and z that is a NaN; what x * y would be does not matter. */
function propagateOfThree<T extends number>(x: FloatNumber, y: FloatNumber, z: FloatNumber): T {
  if (isNan(x) || isNan(y)) {
    if (isSignalling(z)) signalLane(FloatException.Invalid);
    return propagateNan<T>(x, y);
  }
  return propagateNan<T>(z, z);
}

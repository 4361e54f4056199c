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
import { finishFuseFast, fuseF32, fuseF64, mayFuseFast } from './float-fast-fused';
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
  const isDone = isDouble ? fuseLanesF64(op, x, y, z, bytes) : fuseLanesF32(op, x, y, z, bytes);
  if (isDone) finishFuseFast();
  return isDone;
}

function fuseLanesF32(op: FloatOp, x: u32, y: u32, z: u32, bytes: u32): bool {
  for (let at: u32 = 0; at < bytes; at += 4) {
    const factor = load<f32>(x + at);
    const addend = load<f32>(z + at);
    const lane = fuseF32(
      negatesProduct(op) ? -factor : factor,
      load<f32>(y + at),
      negatesAddend(op, (at & 4) != 0) ? -addend : addend,
    );
    if (lane != lane) return false;
    store<f32>(RESULTS + at, lane);
  }
  return true;
}

function fuseLanesF64(op: FloatOp, x: u32, y: u32, z: u32, bytes: u32): bool {
  for (let at: u32 = 0; at < bytes; at += 8) {
    const factor = load<f64>(x + at);
    const addend = load<f64>(z + at);
    const lane = fuseF64(
      negatesProduct(op) ? -factor : factor,
      load<f64>(y + at),
      negatesAddend(op, (at & 8) != 0) ? -addend : addend,
    );
    if (lane != lane) return false;
    store<f64>(RESULTS + at, lane);
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

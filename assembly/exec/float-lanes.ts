/** Operations that do the same in every lane, or in every other one. */
import { FloatFormat, FLOAT_FORMAT_SHIFT, FloatOp } from '../abi/float-op';
import { Flow } from '../abi/stop';
import { VectorForm } from '../abi/vector-register';
import { UopRecord } from '../uop-record';
import { vectorAddress } from '../vector-file';
import { reciprocal, reciprocalRoot } from './float-approximate';
import { arithmeticLane, extremeLane } from './float-arith';
import { compareLane } from './float-compare';
import { beginFloat, finishWith, formOf, packedBytes, RESULTS } from './float-environment';
import { runFast } from './float-fast';
import { roundLane } from './float-round';

/** A `FloatFormat`. */
export function formatOf(uop: UopRecord): FloatFormat {
  return <FloatFormat>(((<i32>uop.imm) >> FLOAT_FORMAT_SHIFT) & 3);
}

export function isDouble(uop: UopRecord): bool {
  return ((<i32>formatOf(uop)) & 1) != 0;
}

/** The lanes of c, or of b and c. */
export function executeLanes(uop: UopRecord, op: FloatOp): Flow {
  const immediate = immediateOf(uop, op);
  if (runFast(uop, op, formatOf(uop), immediate)) return Flow.Next;
  return executeLanesSlowly(uop, op, immediate);
}

function executeLanesSlowly(uop: UopRecord, op: FloatOp, immediate: u32): Flow {
  const bytes = laneBytes(uop);
  const isUnary = op == FloatOp.Sqrt || op == FloatOp.Round;
  const second = vectorAddress(uop.c);
  const first = isUnary ? second : vectorAddress(uop.b);
  beginFloat();
  if (isDouble(uop)) runLanes<u64>(op, immediate, first, second, bytes);
  else runLanes<u32>(op, immediate, first, second, bytes);
  return finishWith(uop, bytes);
}

/** Bytes of all lanes. */
export function laneBytes(uop: UopRecord): u32 {
  switch (formatOf(uop)) {
    case FloatFormat.ScalarSingle:
      return 4;
    case FloatFormat.ScalarDouble:
      return 8;
    default:
      return packedBytes(uop);
  }
}

/** The legacy forms of CMPPS have eight predicates, the VEX forms 32. */
function immediateOf(uop: UopRecord, op: FloatOp): u32 {
  const immediate = <u32>((<u64>uop.imm) >> 32);
  if (op != FloatOp.Cmp) return immediate;
  return immediate & (formOf(uop) == <u32>VectorForm.Legacy ? 7 : 31);
}

function runLanes<T extends number>(op: FloatOp, immediate: u32, first: u32, second: u32, bytes: u32): void {
  for (let at: u32 = 0; at < bytes; at += sizeof<T>()) {
    const a = load<T>(first + at);
    const b = load<T>(second + at);
    store<T>(RESULTS + at, lane<T>(op, immediate, a, b));
  }
}

function lane<T extends number>(op: FloatOp, immediate: u32, a: T, b: T): T {
  switch (op) {
    case FloatOp.Min:
    case FloatOp.Max:
      return extremeLane<T>(op, a, b);
    case FloatOp.Cmp:
      return compareLane<T>(immediate, a, b);
    case FloatOp.Round:
      return roundLane<T>(immediate, b);
    default:
      return arithmeticLane<T>(op, a, b);
  }
}

/** ADDSUBPS, ADDSUBPD. */
export function executeAddSub(uop: UopRecord): Flow {
  beginFloat();
  if (isDouble(uop)) addSubLanes<u64>(uop);
  else addSubLanes<u32>(uop);
  return finishWith(uop, packedBytes(uop));
}

function addSubLanes<T extends number>(uop: UopRecord): void {
  const first = vectorAddress(uop.b);
  const second = vectorAddress(uop.c);
  const bytes = packedBytes(uop);
  for (let at: u32 = 0; at < bytes; at += sizeof<T>()) {
    const op = (at & sizeof<T>()) == 0 ? FloatOp.Sub : FloatOp.Add;
    store<T>(RESULTS + at, arithmeticLane<T>(op, load<T>(first + at), load<T>(second + at)));
  }
}

/** RCPSS, RSQRTPS…: no exceptions, no rounding, whatever MXCSR says. */
export function executeApproximation(uop: UopRecord, op: FloatOp): Flow {
  const bytes = laneBytes(uop);
  const from = vectorAddress(uop.c);
  beginFloat();
  for (let at: u32 = 0; at < bytes; at += 4) {
    const bits = load<u32>(from + at);
    store<u32>(RESULTS + at, op == FloatOp.Rcp ? reciprocal(bits) : reciprocalRoot(bits));
  }
  return finishWith(uop, bytes);
}

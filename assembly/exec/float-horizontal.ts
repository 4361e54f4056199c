/** HADDPS and its like, DPPS and DPPD (APM vol 4). */
import { FloatOp } from '../abi/float-op';
import { Flow } from '../abi/stop';
import { UopRecord } from '../uop-record';
import { vectorAddress } from '../vector-file';
import { arithmeticLane } from './float-arith';
import { beginFloat, finishFloat, finishWith, packedBytes, RESULTS } from './float-environment';
import { isDouble } from './float-lanes';

/** HADD, HSUB: in each half, neighbours of b below those of c. */
export function executeHorizontal(uop: UopRecord, op: FloatOp): Flow {
  const first = vectorAddress(uop.b);
  const second = vectorAddress(uop.c);
  const bytes = packedBytes(uop);
  beginFloat();
  for (let half: u32 = 0; half < bytes; half += 16) {
    if (isDouble(uop)) {
      joinNeighbours<u64>(op, first + half, RESULTS + half);
      joinNeighbours<u64>(op, second + half, RESULTS + half + 8);
    } else {
      joinNeighbours<u32>(op, first + half, RESULTS + half);
      joinNeighbours<u32>(op, second + half, RESULTS + half + 8);
    }
  }
  return finishWith(uop, bytes);
}

/** 8 bytes of results from 16 bytes of lanes. */
function joinNeighbours<T extends number>(op: FloatOp, from: u32, to: u32): void {
  for (let at: u32 = 0; at < 16; at += 2 * sizeof<T>()) {
    store<T>(to + (at >> 1), arithmeticLane<T>(op, load<T>(from + at), load<T>(from + at, sizeof<T>())));
  }
}

/** imm8: bits 7:4 say which products count, bits 3:0 which lanes receive the sum. */
export function executeDotProduct(uop: UopRecord): Flow {
  return isDouble(uop) ? dotProduct<u64>(uop) : dotProduct<u32>(uop);
}

/** Products, sums of pairs, and the sum of those are operations of their own, whose exceptions come one after another. */
function dotProduct<T extends number>(uop: UopRecord): Flow {
  const bytes = packedBytes(uop);
  const immediate = <u32>((<u64>uop.imm) >> 32);
  beginFloat();
  multiplySelected<T>(uop, immediate >> 4, bytes);
  if (finishFloat() != Flow.Next) return Flow.Abort;
  // Each step halves the number of sums; they stay in the lanes whose number is a multiple of `distance`.
  for (let distance: u32 = sizeof<T>(); distance < 16; distance <<= 1) {
    beginFloat();
    addAtDistance<T>(distance, bytes);
    if (finishFloat() != Flow.Next) return Flow.Abort;
  }
  beginFloat();
  spread<T>(immediate, bytes);
  return finishWith(uop, bytes);
}

function laneNumber<T extends number>(at: u32): u32 {
  return (at & 15) / sizeof<T>();
}

function multiplySelected<T extends number>(uop: UopRecord, selection: u32, bytes: u32): void {
  const first = vectorAddress(uop.b);
  const second = vectorAddress(uop.c);
  for (let at: u32 = 0; at < bytes; at += sizeof<T>()) {
    const isSelected = ((selection >> laneNumber<T>(at)) & 1) != 0;
    const product = isSelected
      ? arithmeticLane<T>(FloatOp.Mul, load<T>(first + at), load<T>(second + at))
      : <T>0;
    store<T>(RESULTS + at, product);
  }
}

function addAtDistance<T extends number>(distance: u32, bytes: u32): void {
  for (let at: u32 = 0; at < bytes; at += 2 * distance) {
    const sum = arithmeticLane<T>(FloatOp.Add, load<T>(RESULTS + at), load<T>(RESULTS + at + distance));
    store<T>(RESULTS + at, sum);
  }
}

/** The sum of each half goes to the lanes that `selection` names; the others become zero. */
function spread<T extends number>(selection: u32, bytes: u32): void {
  for (let half: u32 = 0; half < bytes; half += 16) {
    const sum = load<T>(RESULTS + half);
    for (let at = half; at < half + 16; at += sizeof<T>()) {
      store<T>(RESULTS + at, ((selection >> laneNumber<T>(at)) & 1) != 0 ? sum : <T>0);
    }
  }
}

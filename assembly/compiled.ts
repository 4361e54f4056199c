/** What compiled code calls: the slow paths of memory accesses, and micro-ops that it does not compile. */
import { Flow } from './abi/stop';
import { Uop } from './abi/uop';
import { BLOCK_HEADER } from './block';
import { executeCrypto } from './crypto';
import { execute } from './dispatch';
import { condition } from './flags';
import { executeFloat } from './float';
import { readForWriteMissed, readMissed, writeMissed } from './memory';
import { UopRecord } from './uop-record';
import { executeVector } from './vector';
import { executeX87 } from './x87';

export function compiledRead8(linear: u64, seg: u32): u64 {
  return <u64>readMissed<u8>(linear, seg);
}

export function compiledRead16(linear: u64, seg: u32): u64 {
  return <u64>readMissed<u16>(linear, seg);
}

export function compiledRead32(linear: u64, seg: u32): u64 {
  return <u64>readMissed<u32>(linear, seg);
}

export function compiledRead64(linear: u64, seg: u32): u64 {
  return readMissed<u64>(linear, seg);
}

export function compiledReadForWrite8(linear: u64, seg: u32): u64 {
  return <u64>readForWriteMissed<u8>(linear, seg);
}

export function compiledReadForWrite16(linear: u64, seg: u32): u64 {
  return <u64>readForWriteMissed<u16>(linear, seg);
}

export function compiledReadForWrite32(linear: u64, seg: u32): u64 {
  return <u64>readForWriteMissed<u32>(linear, seg);
}

export function compiledReadForWrite64(linear: u64, seg: u32): u64 {
  return readForWriteMissed<u64>(linear, seg);
}

export function compiledWrite8(linear: u64, seg: u32, value: u64): void {
  writeMissed<u8>(linear, seg, <u8>value);
}

export function compiledWrite16(linear: u64, seg: u32, value: u64): void {
  writeMissed<u16>(linear, seg, <u16>value);
}

export function compiledWrite32(linear: u64, seg: u32, value: u64): void {
  writeMissed<u32>(linear, seg, <u32>value);
}

export function compiledWrite64(linear: u64, seg: u32, value: u64): void {
  writeMissed<u64>(linear, seg, value);
}

/** Condition n of the settled flags. */
export function conditionHolds(n: u32): u32 {
  return condition(n) ? 1 : 0;
}

/** A block of one micro-op: a header, the micro-op, and one that ends it. */
const single = <u32>memory.data(64 + 2 * 16, 16);

/** Interprets one micro-op on the register file: those that compiled code often leaves to us at once, others as a block. */
export function executeUop(uop: u32): Flow {
  const record = changetype<UopRecord>(uop);
  switch (<i32>record.code) {
    case Uop.X87:
      return executeX87(record);
    case Uop.Float:
      return executeFloat(record);
    case Uop.Vector:
      executeVector(record);
      return Flow.Next;
    case Uop.Crypto:
      executeCrypto(record);
      return Flow.Next;
    default:
      return executeAlone(uop);
  }
}

function executeAlone(uop: u32): Flow {
  const copy = single + BLOCK_HEADER;
  v128.store(copy, v128.load(uop));
  changetype<UopRecord>(copy + 16).code = <u16>Uop.Done;
  return execute(copy);
}

/** Loads and stores of vector registers. Nothing is written before the whole operand is known to be accessible. */
import { VectorAlignment } from '../abi/vector-register';
import { setRunningUop } from '../code-cache';
import { isAborted } from '../fault';
import { checkData, probeWrite, readLinear, writeLinear } from '../memory';
import { cpu } from '../state';
import { readTag, tlbEntry, tlbHost, tlbTag, writeTag } from '../tlb';
import { UopRecord } from '../uop-record';
import { clearUpperHalf, vectorAddress } from '../vector-file';
import { allowsMisaligned, effectiveAddress } from './memory-access';

/** a ← 8 to 64 bits of memory; the rest becomes zero. False: aborted. */
export function loadVectorScalar<T extends number>(uop: UopRecord): bool {
  const linear = effectiveAddress(uop);
  setRunningUop(changetype<u32>(uop));
  if (sizeof<T>() == 8 && !isHalfAllowed(uop, linear)) return false;
  const value = readLinear<T>(linear, uop.n >> 4);
  if (isAborted()) return false;
  const to = vectorAddress(uop.a);
  v128.store(to, i64x2(<i64>(<u64>value), 0));
  clearUpperHalf(to);
  return true;
}

/** Half a vector is checked for alignment as a whole one, if at all. False: aborted. */
function isHalfAllowed(uop: UopRecord, linear: u64): bool {
  if ((uop.n & (VectorAlignment.Always | VectorAlignment.UnlessMisalignedMode)) == 0) return true;
  return isAligned(uop, linear, 16) && checkData(linear, 16, uop.n >> 4);
}

/** memory ← low 8 to 64 bits of a. False: aborted. */
export function storeVectorScalar<T extends number>(uop: UopRecord): bool {
  const linear = effectiveAddress(uop);
  setRunningUop(changetype<u32>(uop));
  writeLinear<T>(linear, uop.n >> 4, load<T>(vectorAddress(uop.a)));
  return !isAborted();
}

/** a ← 128 bits of memory. False: aborted. */
export function loadVector128(uop: UopRecord): bool {
  const linear = effectiveAddress(uop);
  if (!isAligned(uop, linear, 16)) return false;
  const to = vectorAddress(uop.a);
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (readTag(entry) == tlbTag(linear, 16)) {
    v128.store(to, v128.load(tlbHost(entry, linear)));
  } else {
    setRunningUop(changetype<u32>(uop));
    const value = readVectorSlow(linear, uop.n >> 4);
    if (isAborted()) return false;
    v128.store(to, value);
  }
  clearUpperHalf(to);
  return true;
}

/** a ← 256 bits of memory. False: aborted. */
export function loadVector256(uop: UopRecord): bool {
  const linear = effectiveAddress(uop);
  if (!isAligned(uop, linear, 32)) return false;
  const to = vectorAddress(uop.a);
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (readTag(entry) == tlbTag(linear, 32)) {
    const host = tlbHost(entry, linear);
    v128.store(to, v128.load(host));
    v128.store(to, v128.load(host, 16), 16);
    return true;
  }
  setRunningUop(changetype<u32>(uop));
  const low = readVectorSlow(linear, uop.n >> 4);
  if (isAborted()) return false;
  const high = readVectorSlow(linear + 16, uop.n >> 4);
  if (isAborted()) return false;
  v128.store(to, low);
  v128.store(to, high, 16);
  return true;
}

/** memory ← low half of a. False: aborted. */
export function storeVector128(uop: UopRecord): bool {
  const linear = effectiveAddress(uop);
  if (!isAligned(uop, linear, 16)) return false;
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (writeTag(entry) == tlbTag(linear, 16)) {
    v128.store(tlbHost(entry, linear), v128.load(vectorAddress(uop.a)));
    return true;
  }
  return storeVectorSlow(uop, linear, 16);
}

/** memory ← a. False: aborted. */
export function storeVector256(uop: UopRecord): bool {
  const linear = effectiveAddress(uop);
  if (!isAligned(uop, linear, 32)) return false;
  const entry = tlbEntry(cpu().tlbBank, linear);
  if (writeTag(entry) != tlbTag(linear, 32)) return storeVectorSlow(uop, linear, 32);
  const host = tlbHost(entry, linear);
  const from = vectorAddress(uop.a);
  v128.store(host, v128.load(from));
  v128.store(host, v128.load(from, 16), 16);
  return true;
}

/** In two parts, each of which may cross a page: the lower faults first. Under CR0.AM, 256 bits need be aligned to 128 only. */
function readVectorSlow(linear: u64, seg: u32): v128 {
  if (!checkData(linear, 16, seg)) return i64x2.splat(0);
  const low = readLinear<u64>(linear, seg);
  if (isAborted()) return i64x2.splat(0);
  const high = readLinear<u64>(linear + 8, seg);
  return i64x2(<i64>low, <i64>high);
}

function storeVectorSlow(uop: UopRecord, linear: u64, bytes: u32): bool {
  const seg: u32 = uop.n >> 4;
  setRunningUop(changetype<u32>(uop));
  for (let at: u32 = 0; at < bytes; at += 16) {
    probeWrite(linear + at, 16, seg);
    if (isAborted()) return false;
  }
  const from = vectorAddress(uop.a);
  for (let at: u32 = 0; at < bytes; at += 8) {
    writeLinear<u64>(linear + at, seg, load<u64>(from + at));
    if (isAborted()) return false;
  }
  return true;
}

/** False: aborted with #GP(0), whatever the segment. */
function isAligned(uop: UopRecord, linear: u64, bytes: u32): bool {
  if (((<u32>linear) & (bytes - 1)) == 0) return true;
  setRunningUop(changetype<u32>(uop));
  return allowsMisaligned(uop.n);
}

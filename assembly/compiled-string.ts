/** String instructions that compiled code has the core carry out, between its own (src/jit/strings.ts). */
import { Access } from './abi/access';
import { Rflags } from './abi/processor-bits';
import { Flow } from './abi/stop';
import { setRunningUop } from './code-cache';
import { runHost } from './extents';
import { cpu } from './state';
import { executeSystem } from './system';
import { UopRecord } from './uop-record';

/** More bytes than that, and a call of memmove or memset costs less than the loop. */
const SHORT: u32 = 128;

/**
 * All iterations of the instruction at `blockRip` plus the offset of its micro-op. The caller has found that there is time for
 * them, and counts them: the clock stays. Whether a fault has ended it between two of them.
 */
export function compiledString(at: u32): bool {
  const uop = changetype<UopRecord>(at);
  setRunningUop(at);
  const state = cpu();
  const clock = state.clock;
  const deadline = state.deadline;
  state.clock = 0;
  state.deadline = ~(<u64>0);
  const flow = executeSystem(uop);
  state.clock = clock;
  state.deadline = deadline;
  return flow == Flow.Abort;
}

/**
 * REP MOVS of `count` elements of `1 << width` bytes, upwards from one run of pages to another (extents.ts). False: nothing has
 * been done. Registers and clock are the caller's.
 */
export function moveString(count: u32, source: u64, target: u64, width: u32): bool {
  if ((cpu().systemFlags & Rflags.Df) != 0) return false;
  const bytes = count << width;
  const from = runHost(source, bytes, Access.Read);
  const to = runHost(target, bytes, Access.Write);
  if (from == 0 || to == 0) return false;
  // Elements that the copy itself has written would be read again.
  if (to > from && to - from < bytes) return false;
  if (bytes > SHORT) memory.copy(to, from, bytes);
  else copyShort(to, from, bytes);
  return true;
}

function copyShort(to: u32, from: u32, bytes: u32): void {
  const end = from + (bytes & ~15);
  for (; from < end; from += 16, to += 16) v128.store(to, v128.load(from));
  if ((bytes & 8) != 0) {
    store<u64>(to, load<u64>(from));
    from += 8;
    to += 8;
  }
  if ((bytes & 4) != 0) {
    store<u32>(to, load<u32>(from));
    from += 4;
    to += 4;
  }
  for (bytes &= 3; bytes != 0; bytes--) store<u8>(to++, load<u8>(from++));
}

/** REP STOS of `count` elements, of `value`'s low `1 << width` bytes, upwards in a run of pages; as `moveString`. */
export function fillString(count: u32, target: u64, value: u64, width: u32): bool {
  if ((cpu().systemFlags & Rflags.Df) != 0) return false;
  const bytes = count << width;
  const to = runHost(target, bytes, Access.Write);
  if (to == 0) return false;
  if (width == 0) value = <u64>(<u8>value) * 0x0101010101010101;
  else if (width == 1) value = <u64>(<u16>value) * 0x0001000100010001;
  else if (width == 2) value = <u64>(<u32>value) * 0x0000000100000001;
  if (bytes > SHORT && rotl<u64>(value, 8) == value) memory.fill(to, <u8>value, bytes);
  else fillPattern(to, bytes, value);
  return true;
}

/** `pattern` again and again; `bytes` is a whole number of elements. */
function fillPattern(to: u32, bytes: u32, pattern: u64): void {
  const vector = i64x2.splat(pattern);
  const end = to + (bytes & ~15);
  for (; to < end; to += 16) v128.store(to, vector);
  if ((bytes & 8) != 0) {
    store<u64>(to, pattern);
    to += 8;
  }
  if ((bytes & 4) != 0) {
    store<u32>(to, <u32>pattern);
    to += 4;
  }
  for (bytes &= 3; bytes != 0; bytes--, pattern >>= 8) store<u8>(to++, <u8>pattern);
}

/** The 16-bit source of LMSW, LLDT and LTR, which is read after privilege and intercept (APM vol 2 Table 15-7). */
import { isAborted } from '../fault';
import { readLinear } from '../memory';
import { segmentLinear } from '../segment';
import { register } from '../state';
import { UopRecord } from '../uop-record';

/** Byte b of the micro-op: a is a register with the word, or with its offset in the segment that `param` names. */
const IN_MEMORY: u32 = 1;

/** The word. Aborts if it is in memory and cannot be read. */
export function readWordOperand(uop: UopRecord): u32 {
  if (uop.b != IN_MEMORY) return register<u16>(uop.a);
  const seg = (<u32>(uop.imm >> 16)) & 7;
  const linear = segmentLinear(seg, register<u64>(uop.a), 2, false);
  return isAborted() ? 0 : readLinear<u16>(linear, seg);
}

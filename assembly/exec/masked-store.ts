/** MASKMOVQ and MASKMOVDQU (APM vol 4, vol 5). */
import { Flow } from '../abi/stop';
import { isAborted } from '../fault';
import { probeWrite, writeLinear } from '../memory';
import { segmentLinear } from '../segment';
import { register } from '../state';
import { UopRecord } from '../uop-record';
import { vectorAddress } from '../vector-file';

/**
 * Memory at offset c in segment `param` ← the bytes of vector a whose mask bytes in vector b are negative; imm32 = bytes in
 * all. Zen 4 checks both halves of an operand, as if they were stored whole one after the other, even if no byte is selected.
 */
export function storeSelectedBytes(uop: UopRecord): Flow {
  const offset = register<u64>(uop.c);
  const bytes = <u32>(uop.imm >> 32);
  const segment = ((<u32>uop.imm) >> 16) & 0xffff;
  for (let end: u32 = 8; end <= bytes; end += 8) {
    const start = segmentLinear(segment, offset, end, true);
    if (!isAborted()) probeWrite(start + (end - 8), 8, segment);
    if (isAborted()) return Flow.Abort;
  }
  const linear = segmentLinear(segment, offset, bytes, true);
  const from = vectorAddress(uop.a);
  const mask = vectorAddress(uop.b);
  for (let i: u32 = 0; i < bytes; i++) {
    if (load<i8>(mask + i) >= 0) continue;
    writeLinear<u8>(linear + i, segment, load<u8>(from + i));
    if (isAborted()) return Flow.Abort;
  }
  return Flow.Next;
}

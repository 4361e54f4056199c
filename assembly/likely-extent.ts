/** Which run of pages (extents.ts) an access of code that is being compiled is likely to be in. */
import { Access } from './abi/access';
import { NO_EXTENT } from './abi/extent';
import { Reg } from './abi/register';
import { effectiveAddress } from './exec/memory-access';
import { slotAround } from './extents';
import { is64Bit } from './state';
import { UopRecord } from './uop-record';

/**
 * The slot whose run serves an access of a micro-op that names registers, if these keep what they have now: pointers mostly do,
 * all over a region. Or `NO_EXTENT`.
 */
export function likelyExtent(uop: u32, access: Access): u32 {
  const record = changetype<UopRecord>(uop);
  // Temporaries are set on the way.
  if (max<u8>(record.b, record.c) > <u8>Reg.Zero || record.b == <u8>Reg.BlockRip) return NO_EXTENT;
  const linear = effectiveAddress(record);
  return slotAround(access, is64Bit() ? linear : linear & 0xffffffff);
}

/** Which run of pages (extents.ts) an access of code that is being compiled is likely to be in. */
import { Access } from './abi/access';
import { NO_EXTENT } from './abi/extent';
import { Reg } from './abi/register';
import { Uop } from './abi/uop';
import { X87_ADDRESS_GIVEN } from './abi/x87-op';
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
  const isX87 = record.code == <u16>Uop.X87;
  if (isX87 && (record.n & X87_ADDRESS_GIVEN) != 0) return NO_EXTENT;
  // Of an x87 operation the lower half of the immediate says which (abi/x87-op.ts).
  const beside: u64 = isX87 ? <u64>record.imm - <u64>(record.imm >> 32) : 0;
  const linear = effectiveAddress(record) - beside;
  return slotAround(access, is64Bit() ? linear : linear & 0xffffffff);
}

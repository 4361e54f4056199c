/** MASKMOVQ and MASKMOVDQU (APM vol 4, vol 5): bytes that the signs of others select, to memory at rDI. */
import { Reg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Mnemonic } from '../iced-enums.js';
import { requireAvx, requireSse } from './availability.js';
import type { LoweringContext, LoweringRows } from './context.js';

/** Stores those bytes of vector `from` that vector `mask` selects. */
export function storeSelected(context: LoweringContext, from: number, mask: number, bytes: number): void {
  const { memory } = context;
  memory.computeSegmentOffsetOf(Reg.Rdi, context.addressWidth);
  context.sys(SysOp.StoreSelectedBytes, from, mask, Reg.Address, memory.segment, bytes);
}

function maskmovdqu(isAvailable: typeof requireSse) {
  return (context: LoweringContext): void => {
    if (!isAvailable(context)) return;
    const { instruction } = context;
    storeSelected(context, instruction.register(1), instruction.register(2), 16);
  };
}

export const MASKED_STORE: LoweringRows = [
  [Mnemonic.Maskmovdqu, maskmovdqu(requireSse)],
  [Mnemonic.Vmaskmovdqu, maskmovdqu(requireAvx)],
];

/** Stacks of inner privilege levels, as the TSS names them (APM vol 2 §12.2.2, §12.2.5, §8.9.4). */
import { Seg } from './abi/register';
import { Vector } from './abi/vector';
import { isNullSelector, raiseSelector, stackDescriptor, SystemType, systemLinear } from './descriptor';
import { isAborted } from './fault';
import { isCanonical } from './canonical';
import { readSystem } from './memory';
import { checkStack } from './segment-load';
import { currentStack, longStack, segmentStack, Stack } from './stack-frame';
import { attributes, base, limit, selector } from './state';

/** Offsets in the TSS. A 16-bit one has SP and SS as words from 2, a 32-bit one ESP and SS as doublewords from 4. */
const TSS16_STACKS: u32 = 0x02;
const TSS32_STACKS: u32 = 0x04;
const TSS64_STACKS: u32 = 0x04;
/** IST1; there are seven. */
const TSS64_IST: u32 = 0x24;

/**
 * Opens the stack of level `privilege` outside of long mode, for slots of 1 << `width` bytes; its segment is checked
 * and in `stackDescriptor()`. Aborts with #TS or #SS.
 */
export function openInnerStack(privilege: u32, width: u32): Stack {
  const is32 = (attributes(Seg.Tr) & SystemType.Bits32) != 0;
  const offset = is32 ? TSS32_STACKS + (privilege << 3) : TSS16_STACKS + (privilege << 2);
  const bytes: u32 = is32 ? 8 : 4;
  if (!isInTss(offset, bytes)) return currentStack(width);
  const address = systemLinear(base(Seg.Tr) + offset);
  const pointer = is32 ? readSystem<u32>(address) : <u32>readSystem<u16>(address);
  if (isAborted()) return currentStack(width);
  const newSelector = <u32>readSystem<u16>(address + (bytes >> 1));
  if (isAborted()) return currentStack(width);
  const d = stackDescriptor();
  if (isNullSelector(newSelector)) raiseSelector(Vector.Ts, newSelector);
  else checkStack(d, newSelector, privilege, Vector.Ts);
  return segmentStack(d, <u64>pointer, width);
}

/** Opens the stack of level `privilege` in long mode, or interrupt stack `ist` if that is not zero. */
export function openLongStack(privilege: u32, ist: u32): Stack {
  const offset = ist != 0 ? TSS64_IST + ((ist - 1) << 3) : TSS64_STACKS + (privilege << 3);
  if (!isInTss(offset, 8)) return longStack(0);
  const pointer = readSystem<u64>(base(Seg.Tr) + offset);
  if (!isAborted() && !isCanonical(pointer)) raiseSelector(Vector.Ss, 0);
  return longStack(pointer);
}

/** Raises #TS with the selector of the TSS if it is too short for a field. */
function isInTss(offset: u32, bytes: u32): bool {
  if (offset + bytes - 1 <= limit(Seg.Tr)) return true;
  raiseSelector(Vector.Ts, selector(Seg.Tr));
  return false;
}

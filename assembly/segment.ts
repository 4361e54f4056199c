/** Segmentation: what an access must satisfy (APM vol 2 §4.5, §4.12). Loading segment registers: segment-load.ts. */
import { Cr0, Mode, Rflags, SegAttr } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Vector } from './abi/vector';
import { raiseGp, raiseWithCode } from './fault';
import { attributes, base, cpu, is64Bit, limit } from './state';

/** Linear address of `offset` in `seg` for an access of `bytes` bytes. Aborts with #GP(0) or #SS(0). */
export function segmentLinear(seg: u32, offset: u64, bytes: u32, isWrite: bool): u64 {
  if (is64Bit()) return seg >= <u32>Seg.Fs ? base(seg) + offset : offset;
  if (!isAccessAllowed(seg, <u32>offset, bytes, isWrite)) {
    if (seg == Seg.Ss) raiseWithCode(Vector.Ss, 0);
    else raiseGp();
    return 0;
  }
  return (base(seg) + offset) & 0xffffffff;
}

/** Whether all bytes of an access lie within a segment (APM vol 2 §4.12.1). Offsets do not wrap, not even at 4 GiB. */
export function isWithinLimit(attr: u32, limit: u32, offset: u32, bytes: u32): bool {
  const last = <u64>offset + (bytes - 1);
  const isExpandDown =
    (attr & (SegAttr.Code | SegAttr.ExpandDownOrConforming)) == SegAttr.ExpandDownOrConforming;
  if (!isExpandDown) return last <= <u64>limit;
  const top: u64 = (attr & SegAttr.Db) != 0 ? 0xffffffff : 0xffff;
  return offset > limit && last <= top;
}

/** The type bits that limit checks obey: real and virtual-8086 mode have only expand-up segments. */
export function limitAttributes(seg: u32): u32 {
  return isRealOrV86() ? SegAttr.P | SegAttr.S | SegAttr.WritableOrReadable : attributes(seg);
}

export function isRealOrV86(): bool {
  return (cpu().cr0 & Cr0.Pe) == 0 || (cpu().systemFlags & Rflags.Vm) != 0;
}

function isAccessAllowed(seg: u32, offset: u32, bytes: u32, isWrite: bool): bool {
  if ((cpu().mode & Mode.RealOrV86) != 0)
    return isWithinLimit(SegAttr.S | SegAttr.P, limit(seg), offset, bytes);
  const attr = attributes(seg);
  const isUsable = (attr & (SegAttr.P | SegAttr.S)) == (SegAttr.P | SegAttr.S);
  return isUsable && isTypeRight(attr, isWrite) && isWithinLimit(attr, limit(seg), offset, bytes);
}

/** Code is never written, and read only if it is readable; data is always read, and written if it is writable. */
function isTypeRight(attr: u32, isWrite: bool): bool {
  const isOpen = (attr & SegAttr.WritableOrReadable) != 0;
  const isCode = (attr & SegAttr.Code) != 0;
  return isWrite ? isOpen && !isCode : isOpen || !isCode;
}

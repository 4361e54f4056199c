/** Segmentation: checks of an access, loading of segment registers (APM vol 2 §4). */
import { base } from './state';

/** Linear address of `offset` in `seg` for an access of `bytes` bytes. Aborts with #GP(0) or #SS(0). */
export function segmentLinear(seg: u32, offset: u64, bytes: u32, isWrite: bool): u64 {
  return base(seg) + offset;
}

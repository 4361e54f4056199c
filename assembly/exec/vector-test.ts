/** PTEST, VTESTPS, VTESTPD: status flags from two vectors (APM vol 4). */
import { Rflags } from '../abi/processor-bits';
import { setStatusFlags } from '../flags';

/** ZF: first & second is zero under `mask`; CF: ~first & second is. All other status flags are cleared. */
export function testVectors(first: u32, second: u32, mask: v128, isWide: bool): void {
  const low = v128.and(v128.load(second), mask);
  const high = isWide ? v128.and(v128.load(second, 16), mask) : i64x2.splat(0);
  const isAny = v128.any_true(v128.or(v128.and(low, v128.load(first)), v128.and(high, v128.load(first, 16))));
  const isMore = v128.any_true(
    v128.or(v128.andnot(low, v128.load(first)), v128.andnot(high, v128.load(first, 16))),
  );
  setStatusFlags((isAny ? 0 : <u32>Rflags.Zf) | (isMore ? 0 : <u32>Rflags.Cf));
}

/** Linear addresses that exist (APM vol 2 §5.3.1). */

/** 48-bit canonical form. Addresses outside of 64-bit mode are 32 bits long and always pass. */
export function isCanonical(linear: u64): bool {
  return <u64>(((<i64>linear) << 16) >> 16) == linear;
}

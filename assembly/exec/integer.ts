/** Integers of any operand size. */

/** Bits of a T. */
export function width<T extends number>(): u32 {
  return sizeof<T>() * 8;
}

/** The value of a T, whatever its own signedness, as a signed number. */
export function signed<T extends number>(value: T): i64 {
  if (sizeof<T>() == 1) return <i64>(<i8>value);
  if (sizeof<T>() == 2) return <i64>(<i16>value);
  if (sizeof<T>() == 4) return <i64>(<i32>value);
  return <i64>value;
}

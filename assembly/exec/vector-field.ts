/** EXTRQ and INSERTQ of SSE4A (APM vol 4): bit fields of the low 64 bits. The upper half becomes zero. */

/** `control`: the length in bits 5:0, zero for 64, and the index in bits 13:8. */
export function extractField(x: v128, control: u32): v128 {
  const field = (<u64>i64x2.extract_lane(x, 0)) >> indexOf(control);
  return i64x2(<i64>(field & maskOf(control)), 0);
}

export function insertField(x: v128, y: v128, control: u32): v128 {
  const mask = maskOf(control) << indexOf(control);
  const field = (<u64>i64x2.extract_lane(y, 0)) << indexOf(control);
  const rest = (<u64>i64x2.extract_lane(x, 0)) & ~mask;
  return i64x2(<i64>(rest | (field & mask)), 0);
}

function indexOf(control: u32): u64 {
  return <u64>((control >> 8) & 63);
}

function maskOf(control: u32): u64 {
  const length = control & 63;
  return length == 0 ? ~(<u64>0) : ((<u64>1) << length) - 1;
}

/** One micro-op, as abi/uop.ts describes it. */
@unmanaged
export class UopRecord {
  code: u16;
  a: u8;
  b: u8;
  c: u8;
  n: u8;
  ip: u16;
  imm: i64;
}

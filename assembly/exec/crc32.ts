/** CRC32 (APM vol 3): the polynomial 11EDC6F41h of iSCSI, bits reflected. */
import { register, setRegister } from '../state';

/** The remainders of four bits. */
// prettier-ignore
const REMAINDERS = <u32>memory.data<u32>([
  0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
  0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
]);

/** a ← a, a 32-bit remainder, carried on over the bytes of b. The upper half of a becomes zero. */
export function crc32<T extends number>(a: u32, b: u32): void {
  let rest = <u64>register<T>(b);
  let remainder = register<u32>(a);
  for (let i: u32 = 0; i < sizeof<T>() * 2; i++) {
    const nibble = (remainder ^ (<u32>rest)) & 0xf;
    remainder = (remainder >> 4) ^ load<u32>(REMAINDERS + (nibble << 2));
    rest >>= 4;
  }
  setRegister<u32>(a, remainder);
}

/** CRC-32 as in Ethernet, gzip and PNG (ISO/IEC 3309; reflected polynomial EDB88320h). Node's own is not in browsers. */
const POLYNOMIAL = 0xedb8_8320;

/** Made when it is needed first: most who import this write no snapshot. */
let table: Uint32Array | undefined;

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0);
    return remainder;
  });
}

/** Of these pieces, one after another. */
export function crc32(...pieces: readonly Uint8Array[]): number {
  const remainders = (table ??= makeTable());
  let crc = 0xffff_ffff;
  for (const bytes of pieces) for (const byte of bytes) crc = (crc >>> 8) ^ remainders[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}

/** Numbers and bytes as GDB's packets write them: hexadecimal, registers and memory in the order of their bytes. */

export function bytesToHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Null if these are not pairs of digits. */
export function hexToBytes(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** A number of so many bytes, least significant first. */
export function valueToHex(value: bigint, bytes: number): string {
  return bytesToHex(Uint8Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn)));
}

export function hexToValue(text: string): bigint | null {
  const bytes = hexToBytes(text);
  return bytes && bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** A number as addresses and lengths are written; null if it is none. */
export function parseHex(text: string | undefined): bigint | null {
  return text !== undefined && /^[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : null;
}

export function textToHex(text: string): string {
  return bytesToHex(new TextEncoder().encode(text));
}

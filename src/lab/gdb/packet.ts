/** The GDB remote serial protocol's packets: `$data#checksum`, with escapes, acknowledgements and the interrupt byte. */

/** What arrives. */
export type Incoming =
  | { readonly kind: 'packet'; readonly data: Uint8Array }
  /** Ctrl-C: the byte 03h between packets. */
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'ack' }
  | { readonly kind: 'nack' }
  /** A packet whose checksum is wrong, or that is too long. */
  | { readonly kind: 'malformed' };

/** Bytes of data in a packet: what `PacketSize` promises, and room for escapes. */
export const PACKET_BYTES = 0x4000;
const MOST_BYTES = 2 * PACKET_BYTES;

const DOLLAR = 0x24;
const HASH = 0x23;
const ESCAPE = 0x7d;
const STAR = 0x2a;
const PLUS = 0x2b;
const MINUS = 0x2d;
const INTERRUPT = 0x03;
const ESCAPE_XOR = 0x20;

/** A packet with this data, of one byte a character. */
export function encodePacket(data: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let i = 0; i < data.length; i++) {
    const byte = data.charCodeAt(i) & 0xff;
    if (byte === DOLLAR || byte === HASH || byte === ESCAPE || byte === STAR)
      bytes.push(ESCAPE, byte ^ ESCAPE_XOR);
    else bytes.push(byte);
  }
  const sum = checksum(bytes).toString(16).padStart(2, '0');
  return Uint8Array.of(DOLLAR, ...bytes, HASH, sum.charCodeAt(0), sum.charCodeAt(1));
}

/** Puts packets together from the pieces in which they arrive. */
export class PacketReader {
  private data: number[] | null = null;
  private digits = '';
  private isInChecksum = false;

  /** What has become complete with these bytes. Anything between packets that is nothing is ignored. */
  *feed(bytes: Uint8Array): Generator<Incoming> {
    for (const byte of bytes) {
      const incoming = this.take(byte);
      if (incoming) yield incoming;
    }
  }

  private take(byte: number): Incoming | null {
    if (this.isInChecksum) return this.takeChecksum(byte);
    if (this.data === null) return this.takeOutside(byte);
    if (byte === HASH) this.isInChecksum = true;
    else if (byte === DOLLAR)
      this.data = []; // the one before was never finished
    else if (this.data.push(byte) > MOST_BYTES) {
      this.data = null;
      return { kind: 'malformed' };
    }
    return null;
  }

  private takeOutside(byte: number): Incoming | null {
    if (byte === DOLLAR) this.data = [];
    if (byte === PLUS) return { kind: 'ack' };
    if (byte === MINUS) return { kind: 'nack' };
    return byte === INTERRUPT ? { kind: 'interrupt' } : null;
  }

  private takeChecksum(byte: number): Incoming | null {
    this.digits += String.fromCharCode(byte);
    if (this.digits.length < 2) return null;
    const data = this.data ?? [];
    const isRight = this.digits.toLowerCase() === checksum(data).toString(16).padStart(2, '0');
    this.data = null;
    this.digits = '';
    this.isInChecksum = false;
    return isRight ? { kind: 'packet', data: unescape(data) } : { kind: 'malformed' };
  }
}

function checksum(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

function unescape(bytes: readonly number[]): Uint8Array {
  const result: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    result.push(byte === ESCAPE ? (bytes[++i] ?? 0) ^ ESCAPE_XOR : byte);
  }
  return Uint8Array.from(result);
}

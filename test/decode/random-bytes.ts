/** Bytes that look like code: seeded, rich in prefixes and in two-byte opcodes. */
import { mulberry32 } from '../helpers/mulberry32.js';

// prettier-ignore
const PREFIXES = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x40, 0x41, 0x48, 0x4d, 0x0f];

/** `count` bytes, the first of which may be prefixes. The same for the same seed. */
export function randomBytes(seed: number, count: number): Uint8Array {
  const next = mulberry32(seed);
  const bytes = Uint8Array.from({ length: count }, () => next() & 0xff);
  const prefixes = next() % 4;
  for (let i = 0; i < prefixes && i < count; i++) bytes[i] = PREFIXES[next() % PREFIXES.length] ?? 0;
  return bytes;
}

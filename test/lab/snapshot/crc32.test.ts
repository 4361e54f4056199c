/** Against the check value of the polynomial, and zlib. */
import { expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { crc32 } from '../../../src/lab/snapshot/crc32.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

it('has the check value of every CRC-32/ISO-HDLC', () => {
  expect(crc32(encode('123456789'))).toBe(0xcbf4_3926);
  expect(crc32()).toBe(0);
});

it('agrees with zlib, in pieces too', () => {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) >>> 3);
  const zlib = gzipSync(bytes).readUInt32LE(gzipSync(bytes).length - 8);
  expect(crc32(bytes)).toBe(zlib);
  expect(crc32(bytes.subarray(0, 77), bytes.subarray(77))).toBe(zlib);
});

/** Packets, as GDB sends them and as it might not. */
import { expect, it } from 'vitest';
import { encodePacket, type Incoming, PacketReader } from '../../../src/lab/gdb/packet.js';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const text = (data: Uint8Array): string => String.fromCharCode(...data);

function read(...pieces: readonly string[]): Incoming[] {
  const reader = new PacketReader();
  return pieces.flatMap((piece) => [...reader.feed(bytes(piece))]);
}

const packets = (incoming: readonly Incoming[]): string[] =>
  incoming.map((one) => (one.kind === 'packet' ? text(one.data) : one.kind));

it('frames data with its checksum', () => {
  expect(text(encodePacket('OK'))).toBe('$OK#9a');
  expect(text(encodePacket(''))).toBe('$#00');
});

it('escapes what has a meaning of its own, and back', () => {
  const data = 'a$b#c}d*e';
  const encoded = encodePacket(data);
  expect(text(encoded).slice(1, -3)).not.toMatch(/[$#*]/);
  const [incoming] = [...new PacketReader().feed(encoded)];
  expect(incoming).toEqual({ kind: 'packet', data: bytes(data) });
});

it('puts packets together however they arrive', () => {
  expect(packets(read('$g#67$m0,4#fd'))).toEqual(['g', 'm0,4']);
  expect(packets(read(...'+$g#67-\x03'))).toEqual(['ack', 'g', 'nack', 'interrupt']);
});

it.each([
  ['a wrong checksum', '$g#68', ['malformed']],
  ['a checksum that is none', '$g#zz', ['malformed']],
  ['a packet in a packet', '$abc$g#67', ['g']],
  ['noise between packets', 'xyz\0$g#67', ['g']],
  ['an escape at the end', `$}#7d`, ['\x20']],
  ['more than fits', `$${'a'.repeat(40_000)}`, ['malformed']],
])('survives %s', (_name, input, expected) => {
  expect(packets(read(input)).filter((one) => one !== '')).toEqual(expected);
  expect(packets(read(input, '$g#67')).at(-1)).toBe('g');
});

it('answers any noise with at most errors', () => {
  let seed = 1;
  const reader = new PacketReader();
  for (let i = 0; i < 20_000; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    for (const { kind } of reader.feed(Uint8Array.of(seed >>> 24)))
      expect(['packet', 'interrupt', 'ack', 'nack', 'malformed']).toContain(kind);
  }
});

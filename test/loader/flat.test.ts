/** Flat binaries: address, mode, entry. */
import { expect, it } from 'vitest';
import { loadFlat } from '../../src/loader/flat.js';
import { placeGuest } from '../../src/loader/image.js';
import { thrownBy } from './thrown.js';

const MEMORY = 4 << 20;
const CODE = Uint8Array.of(0x90, 0x90, 0xf4);

// prettier-ignore
it.each([
  [16, undefined, undefined, 0x7c00],
  [32, undefined, undefined, 0x10_0000],
  [64, undefined, undefined, 0x10_0000],
  [16, 0x500,     undefined, 0x500],
  [64, 0x20_0000, 0x20_0002, 0x20_0002],
] as const)('%i bits, loaded at %s, entry %s: starts at %s', (bits, load, entry, address) => {
  const guest = loadFlat(CODE, { memoryBytes: MEMORY, bits, load, entry });
  expect(guest.entry.bits).toBe(bits);
  expect(guest.entry.segments.cs.base + guest.entry.rip).toBe(address);
  const memory = new Uint8Array(MEMORY);
  placeGuest(guest, memory);
  const start = load ?? address;
  expect(memory.subarray(start, start + 3)).toEqual(CODE);
});

// prettier-ignore
it.each([
  ['reaches beyond memory',         'DOES_NOT_FIT',  { bits: 32, load: MEMORY - 2 }],
  ['starts before its first byte',  'ENTRY_OUTSIDE', { load: 0x7c00, entry: 0x7bff }],
  ['starts after its last byte',    'ENTRY_OUTSIDE', { load: 0x7c00, entry: 0x7c03 }],
  ['is 16-bit and above 1 MiB',     'ENTRY_OUTSIDE', { load: 0x10_0000 }],
  ['lies on the page tables',       'OVERLAP',       { bits: 64, load: MEMORY - 4096 }],
] as const)('a flat binary that %s is refused with %s', (_what, code, options) => {
  expect(thrownBy(() => loadFlat(CODE, { memoryBytes: MEMORY, ...options })).code).toBe(code);
});

it('is 16-bit unless told otherwise', () => {
  expect(loadFlat(CODE, { memoryBytes: MEMORY }).entry.bits).toBe(16);
});

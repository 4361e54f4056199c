/** Guests from source: where they are loaded is where their source's lines and labels are. */
import { expect, it } from 'vitest';
import { assembleGuest } from '../src/assembly-guest.js';

const MEMORY_BYTES = 1 << 20;

it('places the lines of a source without ORG where the guest is loaded', async () => {
  const { guest, assembly } = await assembleGuest(
    { assembly: 'bits 16\nstart: nop\n hlt\n' },
    { memoryBytes: MEMORY_BYTES },
  );
  expect(guest.pieces[0]?.address).toBe(0x7c00);
  expect(assembly.lines.map(({ address, line }) => [address, line])).toEqual([
    [0x7c00, 2],
    [0x7c01, 3],
  ]);
  expect(assembly.symbols).toEqual({ start: 0x7c00 });
});

it('keeps the addresses of a source that says where it goes', async () => {
  const { guest, assembly } = await assembleGuest(
    { assembly: 'bits 32\norg 200000h\n nop\n' },
    { memoryBytes: 4 * MEMORY_BYTES },
  );
  expect(guest.pieces[0]?.address).toBe(0x20_0000);
  expect(assembly.lines[0]?.address).toBe(0x20_0000);
});

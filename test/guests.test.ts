/** Shipped guests by name and path, and what their index says about them. */
import { expect, it } from 'vitest';
import {
  findShippedGuest,
  listShippedGuests,
  loadShippedGuest,
  matchShippedGuest,
  readShippedGuest,
  UnknownGuestError,
} from '../src/guests.js';

const MEMORY = 16 << 20;
const guests = await listShippedGuests();

it.each([
  'nmi-storm',
  'nmi-storm.asm',
  'guests/nmi-storm.asm',
  '../vmexit/guests/nmi-storm.asm',
  'C:\\vmexit\\guests\\nmi-storm.asm',
  'guests/fixtures/nmi-storm.bin',
])('%s is nmi-storm', (path) => {
  expect(matchShippedGuest(guests, path)?.name).toBe('nmi-storm');
});

it.each(['nmi', 'nmi-storm.elf', 'nmi-storm/', '', 'c-sort.c'])('"%s" is no shipped guest', (path) => {
  expect(matchShippedGuest(guests, path)).toBeUndefined();
});

it('lists what there is when there is no such guest', async () => {
  const error = await findShippedGuest('nmi-strom').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnknownGuestError);
  expect(error).toMatchObject({
    code: 'UNKNOWN_GUEST',
    message: expect.stringContaining('nmi-storm') as string,
  });
});

it.each(guests)('$name has what a list needs, and loads as its contract says', async (guest) => {
  const bytes = await readShippedGuest(guest);
  expect(bytes.length).toBe(guest.bytes);
  expect(guest.summary).toMatch(/^\S.*[^.]$/);
  expect(guest.shows).not.toBe('');
  const { entry, format, symbols } = loadShippedGuest(guest, bytes, MEMORY);
  expect(format).toBe(guest.format);
  expect(entry.bits).toBe(guest.format === 'multiboot' ? 32 : guest.bits);
  expect(symbols.format(entry.rip)).toMatch(/^_?start$/);
});

it('gives every guest with an NMI handler a schedule or requests of its own', () => {
  const withHandler = guests.filter((guest) => guest.symbols?.['nmi_handler'] !== undefined);
  expect(withHandler.length).toBeGreaterThan(9);
  for (const guest of withHandler)
    expect(guest.nmiEvery !== null, guest.name).not.toBe(guest.requestsOwnNmis);
});

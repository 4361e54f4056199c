/** Names for addresses. */
import { expect, it } from 'vitest';
import { SymbolTable } from '../../src/loader/symbols.js';

const table = new SymbolTable([
  { name: 'main', address: 0x2000n, size: 0x10 },
  { name: 'start', address: 0x1000n, size: 0 },
  { name: 'alias', address: 0x1000n, size: 0 },
  { name: 'high', address: 0xffff_ffff_8000_0000n, size: 0 },
]);

// prettier-ignore
it.each<[number | bigint, string]>([
  [0xfff,                  'fffh'],          // below the first
  [0x1000,                 'start'],         // of two at one address, the first given
  [0x1fff,                 'start+fffh'],    // no size: up to the next
  [0x2000,                 'main'],
  [0x200f,                 'main+fh'],
  [0x2010,                 '2010h'],         // behind its end
  [0xffff_ffff_8000_0123n, 'high+123h'],
])('%s is %s', (address, name) => {
  expect(table.format(address)).toBe(name);
});

it('finds an address by name', () => {
  expect(table.addressOf('main')).toBe(0x2000n);
  expect(table.addressOf('nothing')).toBeUndefined();
});

it('without symbols names nothing', () => {
  expect(SymbolTable.EMPTY.lookup(0)).toBeUndefined();
});

it('agrees with a linear search', () => {
  const addresses = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`s${i}`, (i * 7919) % 10_007]));
  const symbols = SymbolTable.fromAddresses(addresses);
  for (let address = 0; address < 10_100; address += 13) {
    const below = Object.entries(addresses).filter(([, start]) => start <= address);
    const nearest = below.reduce((best, row) => (row[1] > best[1] ? row : best), ['', -1]);
    expect(symbols.lookup(address)).toEqual(
      below.length === 0 ? undefined : { name: nearest[0], offset: address - nearest[1] },
    );
  }
});

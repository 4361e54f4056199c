/** The shipped guests assemble to their fixtures, which nasm made. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { assemble } from '../../src/asm/index.js';
import { readIndex } from '../../src/guests.js';

const { guests } = await readIndex();
const include = (name: string): Uint8Array => readFileSync(`guests/include/${name}`);

it.each(guests.filter(({ source }) => source.endsWith('.asm')))('$name', async (guest) => {
  const source = readFileSync(guest.source, 'utf8');
  const { bytes, origin, bits, symbols, warnings } = await assemble(source, {
    name: guest.source,
    files: include,
  });
  expect(warnings).toEqual([]);
  expect(Buffer.from(bytes).equals(readFileSync(`guests/fixtures/${guest.file}`))).toBe(true);
  expect(origin).toBe(guest.load);
  expect(bits).toBe(guest.format === 'flat' ? guest.bits : 32);
  const labels = Object.entries(symbols).filter(([name]) => !name.includes('.'));
  expect(Object.fromEntries(labels)).toEqual(guest.symbols);
});

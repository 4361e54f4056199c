/** The long-mode entry state and its page tables, walked as the processor would (APM vol 2 §5.3). */
import { expect, it } from 'vitest';
import { enterLongMode } from '../../src/loader/long-mode.js';

const MIB = 1 << 20;
const GIB = 1 << 30;

/** Physical address and flags of the page that maps `address`; undefined when none does. */
function walk(memoryBytes: number, address: number): { physical: number; flags: number } | undefined {
  const { entry, pieces } = enterLongMode(MIB, memoryBytes);
  const tables = pieces.find((p) => p.address === entry.cr3);
  if (tables === undefined) return undefined;
  const view = new DataView(tables.bytes.buffer);
  let table = entry.cr3;
  for (const shift of [39, 30, 21]) {
    const index = Math.floor(address / 2 ** shift) % 512;
    const row = Number(view.getBigUint64(table - entry.cr3 + index * 8, true));
    if ((row & 1) === 0) return undefined;
    if (shift === 21) return { physical: row - (row % 4096) + (address % (2 * MIB)), flags: row % 4096 };
    table = row - (row % 4096);
  }
  return undefined;
}

const PRESENT_WRITABLE_LARGE = 0x83;

// prettier-ignore
it.each([
  ['the first byte',           16 * MIB, 0,                  true],
  ['the last byte',            16 * MIB, 16 * MIB - 1,       true],
  ['the byte after memory',    16 * MIB, 16 * MIB,           false],
  ['a last page half in use',   3 * MIB, 3 * MIB - 1,        true],
  ['the second GiB',            2 * GIB, GIB + 5 * MIB + 1,  true],
  ['the end of three GiB',      3 * GIB, 3 * GIB - 1,        true],
])('maps %s of %i bytes to itself: %s', (_what, memoryBytes, address, isMapped) => {
  const expected = isMapped ? { physical: address, flags: PRESENT_WRITABLE_LARGE } : undefined;
  expect(walk(memoryBytes, address)).toEqual(expected);
});

it('is 64-bit code with paging on, and has a GDT that says the same', () => {
  const { entry, pieces } = enterLongMode(MIB, 16 * MIB);
  expect(entry).toMatchObject({ bits: 64, cr0: 0x8000_0011, cr4: 0x20, efer: 0x500, rflags: 2 });
  expect(entry.segments.cs).toMatchObject({ selector: 8, attributes: 0xa9b });
  const gdt = pieces.find((p) => p.address === entry.gdtr.base);
  const view = new DataView(gdt?.bytes.buffer ?? new ArrayBuffer(0));
  expect(view.getBigUint64(8, true)).toBe(0x00af_9b00_0000_ffffn);
  expect(view.getBigUint64(16, true)).toBe(0x00cf_9300_0000_ffffn);
});

it('puts the stack right below its tables', () => {
  const { entry, pieces } = enterLongMode(MIB, 16 * MIB);
  expect(entry.rsp).toBe(Math.min(...pieces.map((p) => p.address)));
  expect(entry.rsp % 16).toBe(0);
});

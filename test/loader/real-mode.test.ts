/** The real-mode entry state. */
import { expect, it } from 'vitest';
import { enterRealMode } from '../../src/loader/real-mode.js';

// prettier-ignore
it.each([
  ['a boot sector',          0x07c00, 0x0000, 0x7c00],
  ['the last of 64 KiB',     0x0ffff, 0x0000, 0xffff],
  ['the first above 64 KiB', 0x10000, 0x1000, 0x0000],
  ['off a paragraph',        0x2345f, 0x2345, 0x000f],
  ['the reset vector',       0xffff0, 0xffff, 0x0000],
])('%s at %i starts at its selector and offset', (_what, address, selector, offset) => {
  const { segments, rip } = enterRealMode(address);
  expect([segments.cs.selector, rip]).toEqual([selector, offset]);
  expect(segments.cs.base).toBe(selector * 16);
});

it('has paging, protection and interrupts off', () => {
  const { cr0, cr4, efer, rflags } = enterRealMode(0x7c00);
  expect({ cr0, cr4, efer, rflags }).toEqual({ cr0: 0x10, cr4: 0, efer: 0, rflags: 2 });
});

/** Code runs in every state in which the loader may start it: segments, stack and descriptor table included. */
import { expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { loadGuest } from '../../src/loader/detect.js';
import { buildElf } from '../loader/elf-file.js';

const MEMORY_BYTES = 4 << 20;

/** The same bytes in 16-, 32- and 64-bit code. */
// prettier-ignore
const PRINTS_K = Uint8Array.of(
  0x8c, 0xd0,             // mov eax, ss
  0x8e, 0xd8,             // mov ds, eax: loads the descriptor
  0x50, 0x58,             // push and pop rAX
  0xb0, 0x6b, 0xe6, 0xe9, // 'k' to the debug console
  0xb0, 0x00, 0xe6, 0xf4, // exit status 0
);

async function outputOf(bytes: Uint8Array, options: { bits?: 16 | 32 | 64; load?: number }): Promise<string> {
  const guest = loadGuest(bytes, { memoryBytes: MEMORY_BYTES, ...options });
  const vm = await createVm({ guest, memoryBytes: MEMORY_BYTES });
  const { stop, serialText } = vm.run({ maxInstructions: 1000 });
  expect(stop).toEqual({ kind: 'exit', status: 0 });
  return serialText;
}

it.each([
  [16, undefined],
  [16, 0x1_2340],
  [32, undefined],
  [32, 0x8000],
  [64, undefined],
  [64, 0x30_0000],
] as const)('a flat %i-bit binary loaded at %s', async (bits, load) => {
  expect(await outputOf(PRINTS_K, load === undefined ? { bits } : { bits, load })).toBe('k');
});

it.each([32, 64] as const)('an ELF%i file', async (bits) => {
  const elf = buildElf({
    bits,
    entry: 0x10_0000n,
    segments: [{ virtualAddress: 0x10_0000n, bytes: PRINTS_K }],
  });
  expect(await outputOf(elf, {})).toBe('k');
});

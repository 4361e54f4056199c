/** Code runs in every state in which the loader may start it: segments, stack and descriptor table included. */
import { describe, expect, it } from 'vitest';
import { createVm, type CreateVmOptions } from '../../src/create-vm.js';
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

describe('x87, SSE and AVX at the entry of a guest without a boot loader', () => {
  const CR4_OSFXSR_OSXMMEXCPT = 0x600;
  const CR4_OSXSAVE = 0x4_0000;
  const CR4_PAE = 0x20;
  const CR0_MP_ET_NE_PE = 0x33;

  /** Four bytes of a register that EAX holds: out 0E9h, al; shr eax, 8; three times; out 0E9h, al. */
  const PRINT_EAX = [...Array(3).fill([0xe6, 0xe9, 0xc1, 0xe8, 8]).flat(), 0xe6, 0xe9];
  // prettier-ignore
  const PRINT_CONTROL = [
    0x0f, 0x20, 0xe0, ...PRINT_EAX,                                // mov rAX, cr4
    0x0f, 0x20, 0xc0, ...PRINT_EAX,                                // mov rAX, cr0
    0x0f, 0x20, 0xe0, 0xa9, 0, 0, 4, 0, 0x74, 7, 0x31, 0xc9,       // mov rAX, cr4; test eax, OSXSAVE; jz; xor ecx, ecx
    0x0f, 0x01, 0xd0, 0xe6, 0xe9,                                  // xgetbv; out 0E9h, al
    0xb0, 0x00, 0xe6, 0xf4,
  ];

  async function control(options: Pick<CreateVmOptions, 'bits' | 'cpu'>): Promise<number[]> {
    const vm = await createVm({
      guest: Uint8Array.from(PRINT_CONTROL),
      memoryBytes: MEMORY_BYTES,
      ...options,
    });
    const { stop, serial } = vm.run({ maxInstructions: 1000 });
    expect(stop).toEqual({ kind: 'exit', status: 0 });
    const view = new DataView(serial.buffer, serial.byteOffset, serial.length);
    return [view.getUint32(0, true), view.getUint32(4, true) & 0x3f, ...serial.subarray(8)];
  }

  // prettier-ignore
  it.each([
    [64, 'v1',                CR4_PAE | CR4_OSFXSR_OSXMMEXCPT,               []],
    [64, 'v2',                CR4_PAE | CR4_OSFXSR_OSXMMEXCPT,               []],
    [64, 'v3',                CR4_PAE | CR4_OSFXSR_OSXMMEXCPT | CR4_OSXSAVE, [7]],
    [64, 'epyc-genoa-subset', CR4_PAE | CR4_OSFXSR_OSXMMEXCPT | CR4_OSXSAVE, [7]],
    [32, 'v1',                CR4_OSFXSR_OSXMMEXCPT,                         []],
    [32, 'v3',                CR4_OSFXSR_OSXMMEXCPT | CR4_OSXSAVE,           [7]],
  ] as const)('a %i-bit flat binary on %s', async (bits, cpu, cr4, xcr0) => {
    expect(await control({ bits, cpu })).toEqual([cr4, CR0_MP_ET_NE_PE, ...xcr0]);
  });
});

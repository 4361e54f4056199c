/** Machines at the ends of what a guest's memory may be. */
import { afterEach, expect, it, vi } from 'vitest';
import { walkerCode } from '../bench/growth.js';
import { createVm } from '../src/create-vm.js';
import { UsageError } from '../src/errors.js';

const MIB = 0x10_0000;
const GIB = 0x4000_0000;
/** Of each machine's memory, this much at its top is used. */
const TOP = 0x6_0000;

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a walk over the 256 KiB below the code leaves. */
async function walk(memoryBytes: number, jit: boolean): Promise<string> {
  const base = memoryBytes - TOP;
  const vm = await createVm({
    guest: walkerCode(base),
    format: 'flat',
    bits: 32,
    load: base + 0x5_0000,
    memoryBytes,
    jit,
  });
  expect(vm.run({ maxInstructions: 100_000 }).stop.kind).toBe('budget');
  return Buffer.from(vm.memory.read(base, 0x4_0000)).toString('base64');
}

it.each([
  ['1 MiB', MIB],
  ['1 GiB', GIB],
  ['2 GiB', 2 * GIB],
])('a guest works at the top of %s as anywhere, in both tiers', async (_size, memoryBytes) => {
  const expected = await walk(16 * MIB, false);
  expect(await walk(memoryBytes, false)).toBe(expected);
  expect(await walk(memoryBytes, true)).toBe(expected);
});

it.each([MIB - 4096, MIB + 1, 2 * GIB + 4096, 1e100, NaN, -1])(
  '%d bytes are refused',
  async (memoryBytes) => {
    const error: unknown = await createVm({ guest: Uint8Array.of(0xf4), memoryBytes }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(UsageError);
  },
);

it('tells a caller without types that it takes an object', async () => {
  await expect(createVm(undefined as never)).rejects.toThrow(UsageError);
});

it('says so when the host has no room for the memory', async () => {
  vi.spyOn(WebAssembly, 'Memory').mockImplementation(function () {
    throw new RangeError('WebAssembly.Memory(): could not allocate memory');
  });
  const error: unknown = await createVm({ guest: Uint8Array.of(0xf4), memoryBytes: GIB }).catch(
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UsageError);
  expect(error).toMatchObject({ message: expect.stringMatching(/could not allocate/) as string });
});

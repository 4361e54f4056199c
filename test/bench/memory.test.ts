/** How much memory a virtual machine takes. Alone in its process: machines that others leave behind would disturb it. */
import { expect, it } from 'vitest';
import { measureMemory, measureMemoryGrowth } from '../../bench/memory.js';
import { DEFAULT_MEMORY_BYTES } from '../../src/index.js';

const MIB = 0x10_0000;

// Pages in use depend on the machine and its load; what is reserved does not, and is more in the end.
it('a machine of 16 MiB makes its process grow by less than 64 MiB', async () => {
  expect(DEFAULT_MEMORY_BYTES).toBe(16 * MIB);
  const { reserved } = await measureMemoryGrowth();
  expect(reserved).toBeGreaterThan(DEFAULT_MEMORY_BYTES); // or the measure has missed the Wasm memory
  expect(reserved).toBeLessThan(64 * MIB);
});

it('is reported in MiB beside its target', async () => {
  const { unit, results } = await measureMemory();
  expect(unit).toBe('MiB');
  expect(results.map(({ target }) => target)).toEqual(Array(3).fill({ is: 'below', value: 64 }));
});

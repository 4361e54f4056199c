/** Two tiny rows, natively and in vmexit: the whole way from the sources of a kernel to checksums that agree. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Binaries, buildRow, missingTool } from '../../../bench/peers/build.js';
import { MEMORY_BYTES } from '../../../bench/peers/machine.js';
import { MarkReader, type Marks } from '../../../bench/peers/marks.js';
import { type Kernel, KERNELS, WORD_SIZES } from '../../../bench/peers/rows.js';
import { timeRun } from '../../../bench/peers/stopwatch.js';
import { createVm } from '../../../src/create-vm.js';

const missing = missingTool();
const MOST_INSTRUCTIONS = 3_000_000;
/** Some chunks are enough. */
const SHORTEST = { warmUpMs: 1, sampleMs: 1 };

/** Under a name of its own, beside what the benchmark builds. */
function tiny(name: string, iterations: number): Kernel {
  const kernel = KERNELS.find((candidate) => candidate.name === name)!;
  return { ...kernel, name: `tiny-${name}`, iterations };
}

async function runInVmexit({ image }: Binaries, jit: boolean): Promise<Marks | null> {
  const reader = new MarkReader();
  const vm = await createVm({
    guest: readFileSync(image),
    memoryBytes: MEMORY_BYTES,
    jit,
    onSerial: (byte) => reader.take(String.fromCharCode(byte), vm.time),
  });
  const { stop } = vm.run({ maxInstructions: MOST_INSTRUCTIONS });
  expect(stop).toEqual({ kind: 'budget' });
  return reader.marks;
}

describe.skipIf(missing !== null)(`a row${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  it.each(
    WORD_SIZES.flatMap((bits) =>
      [tiny('quicksort', 1), tiny('nbody-x87', 20)].map((kernel) => ({ kernel, bits })),
    ),
  )('$kernel.name, $bits bits, has the same checksum natively and in both tiers', async (row) => {
    const binaries = buildRow(row);
    const native = await timeRun({ program: binaries.native!, args: [] }, SHORTEST);
    expect(native.checksum).toMatch(/^[\da-f]{8}$/);
    for (const jit of [true, false]) {
      const marks = await runInVmexit(binaries, jit);
      expect(marks?.checksum).toBe(native.checksum);
      expect(marks?.chunks.length).toBeGreaterThan(1);
    }
  });

  it('that is privileged runs in an emulator only', async () => {
    const binaries = buildRow({ kernel: tiny('interrupts', 10), bits: 32 });
    expect(binaries.native).toBeUndefined();
    expect((await runInVmexit(binaries, true))?.checksum).toBe('0000000a');
  });
});

it('ends in one line if what it starts is not there, ends, or prints something else', async () => {
  const run = (program: string, ...args: string[]) => timeRun({ program, args }, SHORTEST);
  await expect(run('/nowhere/peer')).rejects.toThrow(/ENOENT/);
  await expect(run(process.execPath, '-e', 'console.error("no\\nmemory"); process.exit(3)')).rejects.toThrow(
    'ended with status 3: memory',
  );
  await expect(
    run(process.execPath, '-e', 'console.log("\\x02oops"); setInterval(() => {}, 1000)'),
  ).rejects.toThrow('printed "o" in its checksum');
});

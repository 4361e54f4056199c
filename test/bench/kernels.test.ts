/** The kernels of the benchmarks: what their sources assemble to, and without end. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { KERNEL_ADDRESS, KERNEL_NAMES, KERNELS_FOLDER, readKernel } from '../../bench/kernels.js';
import { createVm } from '../../src/index.js';

const hasNasm = spawnSync('nasm', ['-v']).status === 0;

describe.skipIf(!hasNasm)(`assembled again${hasNasm ? '' : ' (nasm is missing here)'}`, () => {
  const output = mkdtempSync(join(tmpdir(), 'vmexit-kernels-'));
  afterAll(() => rmSync(output, { recursive: true }));

  it('every source is the binary beside it, byte for byte', () => {
    const run = spawnSync(process.execPath, ['scripts/build-kernels.mjs', '--output', output], {
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    const names = KERNEL_NAMES.map((name) => `${name}.bin`).sort();
    expect(readdirSync(output).sort()).toEqual(names);
    for (const name of names)
      expect(readFileSync(join(output, name)).equals(readFileSync(join(KERNELS_FOLDER, name))), name).toBe(
        true,
      );
  });
});

it('measures every kernel that there is', () => {
  const sources = readdirSync(KERNELS_FOLDER).filter((file) => file.endsWith('.asm'));
  expect(sources.sort()).toEqual(KERNEL_NAMES.map((name) => `${name}.asm`).sort());
});

/** Every kernel goes through its whole cycle at least once in so many instructions. */
const WHOLE_CYCLE = 500_000;

it.each(KERNEL_NAMES)('%s never ends, and exits no more once its pages are there', async (name) => {
  const vm = await createVm({ guest: readKernel(name), format: 'flat', bits: 64, load: KERNEL_ADDRESS });
  const { exits } = vm.run({ maxInstructions: WHOLE_CYCLE });
  expect(exits.map((exit) => exit.name)).toEqual(['nested-page-fault']);
  expect(vm.run({ maxInstructions: WHOLE_CYCLE })).toMatchObject({
    stop: { kind: 'budget' },
    instructions: 2 * WHOLE_CYCLE,
    exits,
  });
});

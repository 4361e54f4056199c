/**
 * One program through every mode, in QEMU and in vmexit: the same trace (mode-walk.asm).
 *
 * What is known to differ is not in the trace: QEMU sets no RF in the image that a fault pushes, does not fault for a
 * null segment, makes SS null for every interrupt stack and gives 16 times the vector as the error code of a gate in
 * long mode.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { isQemuPresent, MACHINE, MEMORY_BYTES, runQemu, TIMEOUT_MS } from './machine.js';

const SOURCE = fileURLToPath(new URL('mode-walk.asm', import.meta.url));
/** Lines of the trace, one for each mark in the source. */
const MARKS = 18;
const MOST_INSTRUCTIONS = 1_000_000;

const scratch = mkdtempSync(join(tmpdir(), 'vmexit-mode-walk-'));
const image = join(scratch, 'mode-walk.bin');
afterAll(() => rmSync(scratch, { recursive: true }));

const isNasmPresent = spawnSync('nasm', ['--version']).status === 0;

it.skipIf(!isNasmPresent || !isQemuPresent())(
  'the walk through the modes leaves the same trace (skipped without nasm and QEMU)',
  async () => {
    const build = spawnSync('nasm', ['-f', 'bin', '-o', image, SOURCE], { encoding: 'utf8' });
    expect(build.stderr).toBe('');
    const expected = runQemu([...MACHINE, '-kernel', image]);
    expect(expected.status).toBe(0);
    expect(expected.output.match(/^aaaa00/gm)?.length).toBe(MARKS);
    const vm = await createVm({ guest: readFileSync(image), memoryBytes: MEMORY_BYTES });
    const { stop, serialText } = vm.run({ maxInstructions: MOST_INSTRUCTIONS });
    expect(serialText.split('\n')).toEqual(expected.output.split('\n'));
    expect(stop).toEqual({ kind: 'exit', status: 0 });
  },
  2 * TIMEOUT_MS,
);

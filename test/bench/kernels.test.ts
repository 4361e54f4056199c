/** The committed binaries of the benchmark kernels are what nasm makes of their sources. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const FOLDER = 'bench/kernels';
const hasNasm = spawnSync('nasm', ['-v']).status === 0;
const reason = hasNasm ? '' : ' (skipped: needs nasm)';
const kernels = readdirSync(FOLDER).filter((file) => file.endsWith('.asm'));

it.skipIf(!hasNasm).each(kernels)(`%s assembles to its committed binary${reason}`, (file) => {
  const source = join(FOLDER, file);
  const folder = mkdtempSync(join(tmpdir(), 'vmexit-kernel-'));
  try {
    const binary = join(folder, 'kernel');
    const run = spawnSync('nasm', ['-f', 'bin', '-o', binary, source], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(readFileSync(binary)).toEqual(readFileSync(source.replace(/asm$/, 'bin')));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

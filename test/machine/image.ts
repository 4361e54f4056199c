/** The machine tests' program: the kernel with scenarios, as an image for memory and as a boot ROM. Needs nasm. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IMAGE } from './arena.js';
import { encodeScenarios, type Scenario } from './scenario.js';

/** The ROM's own code fills its last 64 KiB; emulators want a size that is a power of two. */
const ROM_CODE_BYTES = 0x10000;
const SMALLEST_ROM_BYTES = 0x20000;
/** What Bochs takes. */
export const LARGEST_ROM_BYTES = 0x200000;

/** This repository's folder, also when this file was compiled into build/tools/test/machine. */
const SOURCES = findSources();

function findSources(): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return here.includes('build/tools') ? here.replace('build/tools/', '') : here;
}

export function isNasmPresent(): boolean {
  return spawnSync('nasm', ['--version']).status === 0;
}

/** The kernel, followed by scenarios, for the address IMAGE. */
export function buildImage(scenarios: readonly Scenario[]): Uint8Array {
  const kernel = assemble('kernel.asm', []);
  const data = encodeScenarios(scenarios, IMAGE + kernel.length);
  const image = new Uint8Array(kernel.length + data.length);
  image.set(kernel);
  image.set(data, kernel.length);
  return image;
}

/** A boot ROM that copies the image to its address and starts it. */
export function buildRom(image: Uint8Array): Uint8Array {
  let bytes = SMALLEST_ROM_BYTES;
  while (bytes - ROM_CODE_BYTES < image.length) bytes *= 2;
  if (bytes > LARGEST_ROM_BYTES)
    throw new Error(`${image.length} bytes do not fit into a ROM: fewer scenarios`);
  const rom = new Uint8Array(bytes);
  rom.set(image);
  const code = assemble('rom.asm', [`-DROM_IMAGE_BYTES=${bytes - ROM_CODE_BYTES}`]);
  rom.set(code, bytes - ROM_CODE_BYTES);
  return rom;
}

function assemble(file: string, options: readonly string[]): Uint8Array {
  const scratch = mkdtempSync(join(tmpdir(), 'vmexit-assemble-'));
  try {
    const output = join(scratch, 'out.bin');
    const run = spawnSync('nasm', ['-f', 'bin', ...options, '-o', output, file], {
      cwd: SOURCES,
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`nasm: ${run.stderr}`);
    return readFileSync(output);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

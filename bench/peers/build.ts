/** Builds each row twice from one object of its kernel: as an image for emulators, and as a process of Linux. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildRom } from '../../test/machine/image.js';
import { compilerOptions, type Row, rowName } from './rows.js';

const SOURCES = resolve('bench/peers/guest');
const OUTPUT = resolve('build/peers');

// prettier-ignore
const COMMON = [
  '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-no-pie', '-fno-pic', '-fno-pie',
  '-fcf-protection=none', '-fno-stack-protector', '-fno-asynchronous-unwind-tables',
];
// prettier-ignore
const FREESTANDING = [
  '-ffreestanding', '-nostdlib', '-mno-red-zone', '-fno-math-errno',
  // Or gcc makes a call of memcpy out of memcpy's own loop.
  '-fno-tree-loop-distribute-patterns',
];
const LINK = ['-Wl,--build-id=none', '-Wl,-z,noexecstack', '-Wl,--no-warn-rwx-segments'];

/** Paths of what a row runs as. */
export interface Binaries {
  /** A flat multiboot image. */
  readonly image: string;
  /** The image behind a boot ROM, for emulators that would take longer with a BIOS. */
  readonly rom: string;
  /** The process; undefined where the kernel is privileged. */
  readonly native?: string;
}

/** What is missing to build, in words; null if nothing is. */
export function missingTool(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'native code of x86-64 needs Linux on x86-64';
  const missing = ['gcc', 'nasm', 'objcopy'].filter((tool) => spawnSync(tool, ['--version']).error);
  if (missing.length > 0) return `${missing.join(' and ')} missing; "npm run setup" installs it on Debian`;
  const probe = spawnSync('gcc', ['-m32', '-x', 'c', '-', '-o', '/dev/null'], {
    input: 'int main(void) { return 0; }',
  });
  return probe.status === 0 ? null : 'gcc -m32 does not work: gcc-multilib is missing';
}

export function buildRow(row: Row): Binaries {
  const folder = join(OUTPUT, rowName(row));
  mkdirSync(folder, { recursive: true });
  const { kernel, bits } = row;
  const source = (name: string) => join(SOURCES, `${name}.c`);
  const gcc = (...args: string[]) => run(folder, 'gcc', [`-m${bits}`, ...COMMON, ...args]);
  const chunk = `-DITERATIONS=${kernel.iterations}`;
  gcc(...FREESTANDING, ...compilerOptions(row), '-c', source(kernel.source), '-o', 'kernel.o');
  gcc(...FREESTANDING, '-O2', '-mgeneral-regs-only', chunk, '-c', source('guest'), source('protocol'));
  const format = bits === 64 ? ['-f', 'elf64', '-DLONG_MODE'] : ['-f', 'elf32'];
  run(folder, 'nasm', [...format, '-o', 'start.o', join(SOURCES, 'start.asm')]);
  const objects = ['start.o', 'kernel.o', 'guest.o', 'protocol.o'];
  const script = `-Wl,-T,${join(SOURCES, 'guest.ld')}`;
  gcc('-nostdlib', '-static', ...LINK, script, '-o', 'guest.elf', ...objects);
  run(folder, 'objcopy', ['-O', 'binary', 'guest.elf', 'image.bin']);
  const [image, rom, native] = ['image.bin', 'rom.bin', 'native'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(rom, buildRom(readFileSync(image)));
  if (kernel.privileged !== undefined) return { image, rom };
  gcc('-O2', ...LINK, '-o', 'native', source('native'), 'kernel.o', 'protocol.o');
  return { image, rom, native };
}

function run(folder: string, tool: string, args: readonly string[]): void {
  const { error, status, stderr } = spawnSync(tool, args, { cwd: folder, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${tool} ${args.join(' ')} ended with status ${status}:\n${stderr}`);
}

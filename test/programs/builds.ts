/** The builds of the C programs, and how gcc makes each twice from the same objects: a guest and a Linux process. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Build {
  readonly name: string;
  readonly bits: 32 | 64;
  readonly options: readonly string[];
}

// prettier-ignore
export const BUILDS: readonly Build[] = [
  { name: '64-bit -O0', bits: 64, options: ['-O0'] },
  { name: '64-bit -O2', bits: 64, options: ['-O2'] },
  { name: '64-bit -O3 x86-64-v2', bits: 64, options: ['-O3', '-march=x86-64-v2'] },
  { name: '64-bit -O3 x86-64-v3', bits: 64, options: ['-O3', '-march=x86-64-v3'] },
  { name: '64-bit -O2 387', bits: 64, options: ['-O2', '-mfpmath=387'] },
  { name: '64-bit -Os', bits: 64, options: ['-Os'] },
  { name: '32-bit -O0 i686', bits: 32, options: ['-O0', '-march=i686'] },
  { name: '32-bit -O2 i686', bits: 32, options: ['-O2', '-march=i686'] },
  { name: '32-bit -O2 i386', bits: 32, options: ['-O2', '-march=i386'] },
  { name: '32-bit -O2 SSE2', bits: 32, options: ['-O2', '-march=pentium4', '-mfpmath=sse'] },
  { name: '32-bit -O3 x86-64-v2', bits: 32, options: ['-O3', '-march=x86-64-v2', '-mfpmath=sse'] },
  { name: '32-bit -O3 x86-64-v3', bits: 32, options: ['-O3', '-march=x86-64-v3', '-mfpmath=sse'] },
];

export const PROGRAMS = ['lz', 'sha', 'json', 'float', 'bytecode', 'sort', 'bignum'] as const;
export type Program = (typeof PROGRAMS)[number];

const FOLDER = 'build/programs';
const SOURCES = resolve('test/programs/c');
const SHARED = ['runtime', ...PROGRAMS].map((name) => join(SOURCES, `${name}.c`));
/** SHA-256 is the shipped guest's. */
const SHA256 = resolve('guests/c/sha256.c');
// prettier-ignore
const FLAGS = [
  '-std=c11', '-ffreestanding', '-nostdlib', '-static', '-no-pie', '-fno-pic', '-fno-pie', '-mno-red-zone',
  '-fcf-protection=none', '-fno-stack-protector', '-fno-asynchronous-unwind-tables', '-fno-math-errno',
  // Or gcc makes a call of memcpy out of memcpy's own loop.
  '-fno-tree-loop-distribute-patterns', '-Wall', '-Wextra', '-Werror',
];
const LINK = ['-Wl,--build-id=none', '-Wl,-z,noexecstack', '-Wl,--no-warn-rwx-segments'];

/** Whether this machine has what it takes: gcc for both word sizes, and Linux to run what it makes. */
export function canBuild(): boolean {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  const probe = [
    '-m32',
    '-ffreestanding',
    '-nostdlib',
    '-x',
    'c',
    '-',
    '-shared',
    '-o',
    '/dev/null',
    '-lgcc',
  ];
  return spawnSync('gcc', probe, { input: 'int probe;' }).status === 0;
}

/** Paths of the two executables. */
export interface Built {
  readonly guest: string;
  readonly native: string;
}

export function build({ name, bits, options }: Build): Built {
  const folder = resolve(FOLDER, name.replaceAll(' ', '_'));
  mkdirSync(folder, { recursive: true });
  const common = [`-m${bits}`, ...FLAGS, ...options];
  const [guestSource, nativeSource] = ['guest', 'linux'].map((file) => join(SOURCES, `${file}.c`));
  gcc(folder, [...common, '-c', ...SHARED, SHA256, guestSource!, nativeSource!]);
  const objects = ['runtime', ...PROGRAMS, 'sha256'].map((file) => `${file}.o`);
  const script = `-Wl,-T,${join(SOURCES, 'guest.ld')}`;
  gcc(folder, [...common, ...LINK, script, '-o', 'guest.elf', 'guest.o', ...objects, '-lgcc']);
  gcc(folder, [...common, ...LINK, '-o', 'native', 'linux.o', ...objects, '-lgcc']);
  return { guest: join(folder, 'guest.elf'), native: join(folder, 'native') };
}

function gcc(folder: string, args: readonly string[]): void {
  const { error, status, stderr } = spawnSync('gcc', args, { cwd: folder, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`gcc ${args.join(' ')} ended with status ${status}:\n${stderr}`);
}

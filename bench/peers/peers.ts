/** Who takes part: vmexit in both tiers, the emulators that it is compared with, and the processor itself. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BOCHS,
  bochsCommand,
  type EmulatorCommand,
  isBochsPresent,
  isQemuPresent,
  QEMU,
  qemuCommand,
} from '../../test/machine/emulator-commands.js';
import type { Binaries } from './build.js';
import { MEMORY_MEGABYTES } from './machine.js';
import { WORD_SIZES, type WordSize } from './rows.js';

export const PEER_NAMES = ['native', 'vmexit', 'vmexit-interpreter', 'v86', 'qemu', 'bochs'] as const;
export type PeerName = (typeof PEER_NAMES)[number];

export interface Peer {
  readonly name: PeerName;
  readonly title: string;
  readonly bits: readonly WordSize[];
  /** Until when a run of it is cold: for compilers to compile in, and V8 to compile them. */
  readonly warmUpMs: number;
  /** With its version; null if it is not here. */
  version(): string | null;
  /** How to run a row; null if it cannot. */
  command(binaries: Binaries): EmulatorCommand | null;
}

/** V8 compiles what is hot while it runs, vmexit and v86 compile the guest's code besides: the CoreMark-like mix for a second. */
const COMPILER_WARM_UP_MS = 1000;
/** The cold time itself. */
const NO_WARM_UP_MS = 100;

const PEERS: { readonly [Name in PeerName]: Omit<Peer, 'name'> } = {
  native: {
    title: 'native',
    bits: WORD_SIZES,
    warmUpMs: NO_WARM_UP_MS,
    version: () => firstLine('gcc', ['--version'])?.replace(/^gcc \(.*\) /, 'gcc ') ?? null,
    command: ({ native }) => (native === undefined ? null : { program: native, args: [] }),
  },
  vmexit: {
    title: 'vmexit',
    bits: WORD_SIZES,
    warmUpMs: COMPILER_WARM_UP_MS,
    version: () => `vmexit ${readVersion('../../../../package.json')}`,
    command: ({ image }) => nodeProcess('vmexit-process.js', image, 'true'),
  },
  'vmexit-interpreter': {
    title: 'vmexit, interpreter only',
    bits: WORD_SIZES,
    warmUpMs: COMPILER_WARM_UP_MS,
    version: () => `vmexit ${readVersion('../../../../package.json')}`,
    command: ({ image }) => nodeProcess('vmexit-process.js', image, 'false'),
  },
  v86: {
    title: 'v86',
    bits: [32],
    warmUpMs: COMPILER_WARM_UP_MS,
    version: () => {
      const path = v86PackagePath();
      return path === null ? null : `v86 ${readVersion(path)}`;
    },
    command: ({ image }) => nodeProcess('v86-process.js', image),
  },
  qemu: {
    title: 'QEMU TCG',
    bits: WORD_SIZES,
    warmUpMs: NO_WARM_UP_MS,
    version: () =>
      isQemuPresent() ? (firstLine(QEMU, ['--version'])?.replace('emulator version ', '') ?? null) : null,
    command: ({ rom }) => qemuCommand(rom, MEMORY_MEGABYTES, 'stdio,signal=off'),
  },
  bochs: {
    title: 'Bochs',
    bits: WORD_SIZES,
    warmUpMs: NO_WARM_UP_MS,
    version: () => (isBochsPresent() ? bochsVersion() : null),
    command: ({ rom }) => bochsCommand(rom, MEMORY_MEGABYTES, dirname(rom)),
  },
};

export function peer(name: PeerName): Peer {
  return { name, ...PEERS[name] };
}

function nodeProcess(file: string, ...args: readonly string[]): EmulatorCommand {
  return { program: process.execPath, args: [fileURLToPath(new URL(file, import.meta.url)), ...args] };
}

function v86PackagePath(): string | null {
  try {
    const entry = createRequire(import.meta.url).resolve('v86');
    const path = entry.replace(/build[/\\][^/\\]*$/, 'package.json');
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/** @param path Absolute, or relative to this file when compiled. */
function readVersion(path: string): string {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function firstLine(program: string, args: readonly string[]): string | null {
  const { error, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return error === undefined ? (stdout.split('\n')[0] ?? '') : null;
}

/** It prints its banner with the help, on either stream. */
function bochsVersion(): string {
  const { stdout, stderr } = spawnSync(BOCHS, ['--help'], { encoding: 'utf8' });
  return /Bochs x86 Emulator [\d.]+/.exec(stdout + stderr)?.[0].replace(' x86 Emulator', '') ?? 'Bochs';
}

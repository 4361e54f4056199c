/** QEMU's TCG and Bochs: both boot the ROM, and what the kernel prints comes by way of a file. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { BOCHS_RULINGS } from './bochs-rulings.js';
import { buildRom } from './image.js';
import { QEMU_RULINGS } from './qemu-rulings.js';
import type { Ruling } from './ruling.js';

/** As much memory as vmexit gets. */
export const MEMORY_MEGABYTES = 16;
/** A scenario takes milliseconds: who is silent for so long is lost in one. */
const SILENCE_MS = 8000;
const POLL_MS = 100;

export interface Emulator {
  readonly name: string;
  /** What it is known to do otherwise. */
  readonly rulings: readonly Ruling[];
  isPresent(): boolean;
  /** What the image prints at port E9h, up to where it prints nothing any more. */
  run(image: Uint8Array): Promise<string>;
}

// prettier-ignore
const QEMU_MACHINE = [
  '-accel', 'tcg', '-cpu', 'max', '-m', String(MEMORY_MEGABYTES), '-display', 'none', '-monitor', 'none', '-nodefaults',
  '-device', 'isa-debugcon,iobase=0xe9,chardev=output', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4',
];

export const qemu: Emulator = {
  name: 'QEMU TCG',
  rulings: QEMU_RULINGS,
  isPresent: () => spawnSync('qemu-system-x86_64', ['--version']).status === 0,
  run: (image) =>
    inScratch(image, (scratch, rom) => {
      const output = join(scratch, 'output');
      writeFileSync(output, '');
      const args = ['-chardev', `file,id=output,path=${output}`, '-bios', rom, ...QEMU_MACHINE];
      return untilSilent(spawn('qemu-system-x86_64', args, { stdio: 'ignore' }), output);
    }),
};

const BOCHS_CONFIGURATION = [
  `megs: ${MEMORY_MEGABYTES}`,
  'cpu: model=ryzen, count=1, ips=100000000, reset_on_triple_fault=1, ignore_bad_msrs=0',
  'port_e9_hack: enabled=1',
  'display_library: term',
  'sound: driver=dummy',
  'panic: action=fatal',
  'error: action=ignore',
  'info: action=ignore',
];
/** Debian's Bochs is built with the debugger, which waits for a command at the start and after every triple fault. */
const BOCHS_COMMANDS = 'c\n'.repeat(10_000);

export const bochs: Emulator = {
  name: 'Bochs',
  rulings: BOCHS_RULINGS,
  isPresent: () => spawnSync('bochs', ['--help']).error === undefined,
  run: (image) =>
    inScratch(image, async (scratch, rom) => {
      const [output, commands, configuration] = ['output', 'commands', 'bochsrc'].map((name) =>
        join(scratch, name),
      ) as [string, string, string];
      const romLine = `romimage: file=${rom}, address=0x${(2 ** 32 - statSync(rom).size).toString(16)}`;
      writeFileSync(commands, BOCHS_COMMANDS);
      writeFileSync(
        configuration,
        [...BOCHS_CONFIGURATION, romLine, `log: ${join(scratch, 'log')}`, ''].join('\n'),
      );
      const stdout = openSync(output, 'w');
      const args = ['-q', '-f', configuration, '-rc', commands];
      const env = { ...process.env, TERM: 'dumb' };
      try {
        return await untilSilent(spawn('bochs', args, { stdio: ['ignore', stdout, 'ignore'], env }), output);
      } finally {
        closeSync(stdout);
      }
    }),
};

/** Waits for the process to end or its output to stop growing, and reads the output. */
async function untilSilent(child: ChildProcess, output: string): Promise<string> {
  let isOver = false;
  child.once('exit', () => (isOver = true));
  child.once('error', () => (isOver = true));
  let bytes = -1;
  for (let silence = 0; !isOver && silence < SILENCE_MS; silence += POLL_MS) {
    await setTimeout(POLL_MS);
    const now = statSync(output).size;
    if (now !== bytes) silence = 0;
    bytes = now;
  }
  child.kill('SIGKILL');
  return readFileSync(output, 'latin1');
}

async function inScratch(
  image: Uint8Array,
  use: (scratch: string, rom: string) => Promise<string>,
): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'vmexit-machine-'));
  try {
    const rom = join(scratch, 'rom.bin');
    writeFileSync(rom, buildRom(image));
    return await use(scratch, rom);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** QEMU's TCG and Bochs: both boot the ROM, and what the kernel prints comes by way of a file. */
import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { BOCHS_RULINGS } from './bochs-rulings.js';
import { bochsCommand, isBochsPresent, isQemuPresent, qemuCommand } from './emulator-commands.js';
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

export const qemu: Emulator = {
  name: 'QEMU TCG',
  rulings: QEMU_RULINGS,
  isPresent: isQemuPresent,
  run: (image) =>
    inScratch(image, (scratch, rom) => {
      const output = join(scratch, 'output');
      writeFileSync(output, '');
      const { program, args } = qemuCommand(rom, MEMORY_MEGABYTES, `file,path=${output}`);
      return untilSilent(spawn(program, args, { stdio: 'ignore' }), output);
    }),
};

export const bochs: Emulator = {
  name: 'Bochs',
  rulings: BOCHS_RULINGS,
  isPresent: isBochsPresent,
  run: (image) =>
    inScratch(image, async (scratch, rom) => {
      const output = join(scratch, 'output');
      const { program, args, env } = bochsCommand(rom, MEMORY_MEGABYTES, scratch);
      const stdout = openSync(output, 'w');
      try {
        const stdio: StdioOptions = ['ignore', stdout, 'ignore'];
        return await untilSilent(spawn(program, args, { stdio, env: { ...process.env, ...env } }), output);
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

/** QEMU's TCG as a processor that we did not write: the same devices at the same ports as vmexit's hypervisor has. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const QEMU = 'qemu-system-x86_64';
export const MEMORY_BYTES = 64 << 20;
export const TIMEOUT_MS = 60_000;
/** COM1, the debug console and the exit port, where the hypervisor has them. */
// prettier-ignore
export const MACHINE = [
  '-accel', 'tcg', '-cpu', 'max', '-m', '64', '-display', 'none', '-monitor', 'none', '-no-reboot', '-nodefaults',
  '-serial', 'chardev:output',
  '-device', 'isa-debug-exit,iobase=0xf4,iosize=4',
];

/** What a guest printed and the status that it ended with; null if it did not end by itself. */
export interface End {
  readonly output: string;
  readonly status: number | null;
}

export function isQemuPresent(): boolean {
  return spawnSync(QEMU, ['--version']).status === 0;
}

/**
 * `isa-debug-exit` makes 2 * value + 1 of what the guest writes. The output goes through a file: into a pipe that is
 * full for a moment QEMU writes later, and it exits without doing so.
 */
export function runQemu(args: readonly string[]): End {
  const scratch = mkdtempSync(join(tmpdir(), 'vmexit-qemu-'));
  const outputPath = join(scratch, 'output');
  try {
    const output = ['-chardev', `file,id=output,path=${outputPath}`];
    const run = spawnSync(QEMU, [...output, ...args], { timeout: TIMEOUT_MS });
    const status = run.status === null || run.status % 2 === 0 ? null : (run.status - 1) / 2;
    return { output: readFileSync(outputPath, 'utf8'), status };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/**
 * What gcc -O2 -m16 makes of plain C: 32-bit operands and addresses in 16-bit code, in real mode.
 *
 * The C guest of guests/c is built anew for it and must print what its shipped 32-bit build prints.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../src/guests.js';

const SOURCES = fileURLToPath(new URL('../../guests/c/', import.meta.url));
const MEMORY_BYTES = 16 << 20;
const LOAD = 0x1000;
const MOST_INSTRUCTIONS = 50_000_000;
// prettier-ignore
const FLAGS = [
  '-m16', '-O2', '-std=c11', '-ffreestanding', '-nostdlib', '-static', '-no-pie', '-fno-pic', '-mno-sse',
  '-mgeneral-regs-only', '-fcf-protection=none', '-fno-stack-protector', '-fno-asynchronous-unwind-tables',
  '-Wl,--build-id=none', '-Wl,--oformat=binary', '-Wl,-z,noexecstack', '-Wl,-T,link.ld',
];
/** All segments at 0; whatever guest_main returns is the exit status. */
const START = `__asm__(".section .start,\\"ax\\"\\n.globl _start\\n_start: cli\\n xorw %ax, %ax\\n movw %ax, %ds\\n movw %ax, %es\\n"
  " movw %ax, %ss\\n movl $0xfff0, %esp\\n calll guest_main\\n outb %al, $0xf4\\n hlt\\n.text\\n");`;
const LINK = `ENTRY(_start) OUTPUT_FORMAT(binary)
SECTIONS { . = ${LOAD}; .text : { *(.start) *(.text*) } .data : { *(.rodata* .data*) } .bss : { *(.bss* COMMON) }
/DISCARD/ : { *(.note*) *(.comment) *(.eh_frame) } }`;

/** The flat binary, or undefined where gcc cannot make 16-bit code. */
function build(): Uint8Array | undefined {
  const scratch = mkdtempSync(join(tmpdir(), 'vmexit-gcc-16-'));
  try {
    writeFileSync(join(scratch, 'start.c'), START);
    writeFileSync(join(scratch, 'link.ld'), LINK);
    const sources = ['c-sort.c', 'console.c', 'sha256.c'].map((file) => join(SOURCES, file));
    const args = [...FLAGS, '-o', 'guest.bin', 'start.c', ...sources];
    const run = spawnSync('gcc', args, { cwd: scratch, encoding: 'utf8' });
    if (run.error) return undefined;
    expect(run.stderr).toBe('');
    return readFileSync(join(scratch, 'guest.bin'));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const binary = build();

it.skipIf(binary === undefined)('runs the C guest in real mode (skipped without gcc)', async () => {
  const shipped = await findShippedGuest('c-sort-32');
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), MEMORY_BYTES);
  const expected = (await createVm({ guest, memoryBytes: MEMORY_BYTES })).run();
  const vm = await createVm({ guest: binary!, bits: 16, load: LOAD, memoryBytes: MEMORY_BYTES });
  const result = vm.run({ maxInstructions: MOST_INSTRUCTIONS });
  expect(result.stop).toEqual({ kind: 'exit', status: 0 });
  expect(result.serialText).toBe(expected.serialText);
});

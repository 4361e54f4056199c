/**
 * The shipped guests in QEMU and in vmexit: the same output, the same exit status.
 *
 * QEMU's TCG is a processor that we did not write. No NMI is requested: QEMU has no virtual NMIs to compare.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { FIXTURES_URL, listShippedGuests, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import type { ShippedGuest } from '../../src/guests.js';

const QEMU = 'qemu-system-x86_64';
const MEMORY_BYTES = 64 << 20;
const MOST_INSTRUCTIONS = 50_000_000;
const TIMEOUT_MS = 60_000;
/** COM1, the debug console and the exit port, where the hypervisor has them. */
// prettier-ignore
const MACHINE = [
  '-accel', 'tcg', '-cpu', 'max', '-m', '64', '-display', 'none', '-monitor', 'none', '-no-reboot', '-nodefaults',
  '-chardev', 'stdio,id=output', '-serial', 'chardev:output',
  '-device', 'isa-debug-exit,iobase=0xf4,iosize=4',
];
/** The C guests print through port E9h instead. */
const DEBUG_CONSOLE = ['-device', 'isa-debugcon,iobase=0xe9,chardev=output'];

interface End {
  readonly output: string;
  readonly status: number | null;
}

/** `isa-debug-exit` makes 2 * value + 1 of what the guest writes. */
function runInQemu(guest: ShippedGuest): End {
  const path = fileURLToPath(new URL(guest.file, FIXTURES_URL));
  const option = (guest.qemu ?? '').split(' ');
  const last = option.length > 1 ? [option[0]!, option[1] + path] : [option[0]!, path];
  const machine =
    guest.format === 'elf' ? MACHINE.filter((word) => !isSerial(word)).concat(DEBUG_CONSOLE) : MACHINE;
  const run = spawnSync(QEMU, [...machine, ...last], { timeout: TIMEOUT_MS, encoding: 'utf8' });
  const status = run.status === null || run.status % 2 === 0 ? null : (run.status - 1) / 2;
  return { output: run.stdout, status };
}

function isSerial(word: string): boolean {
  return word === '-serial' || word === 'chardev:output';
}

async function runInVmexit(guest: ShippedGuest): Promise<End> {
  const loaded = loadShippedGuest(guest, await readShippedGuest(guest), MEMORY_BYTES);
  const vm = await createVm({ guest: loaded, memoryBytes: MEMORY_BYTES });
  const { stop, serialText } = vm.run({ maxInstructions: MOST_INSTRUCTIONS });
  return { output: serialText, status: stop.kind === 'exit' ? stop.status : null };
}

const isPresent = spawnSync(QEMU, ['--version']).status === 0;
const guests = (await listShippedGuests()).filter((guest) => guest.qemu !== null);

describe.skipIf(!isPresent)(`in ${QEMU} (skipped without it)`, () => {
  it.each(guests.map((guest) => [guest.name, guest] as const))(
    '%s ends as in vmexit',
    async (_name, guest) => {
      const expected = runInQemu(guest);
      expect(expected.output).not.toBe('');
      expect(await runInVmexit(guest)).toEqual(expected);
    },
    2 * TIMEOUT_MS,
  );
});

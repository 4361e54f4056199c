/**
 * The shipped guests in QEMU and in vmexit: the same output, the same exit status.
 *
 * QEMU's TCG is a processor that we did not write. No NMI is requested: QEMU has no virtual NMIs to compare.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { fixturesUrl, listShippedGuests, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import type { ShippedGuest } from '../../src/guests.js';
import { isQemuPresent, MACHINE, MEMORY_BYTES, runQemu, TIMEOUT_MS, type End } from './machine.js';

const MOST_INSTRUCTIONS = 50_000_000;
/** The C guests print through port E9h instead. */
const DEBUG_CONSOLE = ['-device', 'isa-debugcon,iobase=0xe9,chardev=output'];

function runInQemu(guest: ShippedGuest): End {
  const path = fileURLToPath(new URL(guest.file, fixturesUrl()));
  const option = (guest.qemu ?? '').split(' ');
  const last = option.length > 1 ? [option[0]!, option[1] + path] : [option[0]!, path];
  const machine =
    guest.format === 'elf' ? MACHINE.filter((word) => !isSerial(word)).concat(DEBUG_CONSOLE) : MACHINE;
  return runQemu([...machine, ...last]);
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

const guests = (await listShippedGuests()).filter((guest) => guest.qemu !== null);

describe.skipIf(!isQemuPresent())('in QEMU (skipped without it)', () => {
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

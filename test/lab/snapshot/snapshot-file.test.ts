/** A snapshot survives its file, and no damage to the file goes unnoticed. */
import { describe, expect, it } from 'vitest';
import { createVm } from '../../../src/create-vm.js';
import { VmexitError } from '../../../src/errors.js';
import { startSchedule } from '../../../src/hypervisor/schedule-spec.js';
import type { VmSnapshot } from '../../../src/hypervisor/vm-snapshot.js';
import { crc32 } from '../../../src/lab/snapshot/crc32.js';
import { openSnapshot, readSnapshot, writeSnapshot } from '../../../src/lab/snapshot/snapshot-file.js';
import { readSections, writeSections } from '../../../src/lab/snapshot/sections.js';
import { SnapshotError } from '../../../src/lab/snapshot/snapshot-error.js';
import { MEMORY_BYTES, nops, realModeGuest, spin, WARM_STACK } from '../../helpers/real-mode-guest.js';
import { Random } from '../../silicon/random.js';

const SEED = 20261122;
const FLIPS = 1000;
const ROOM = 1 << 22;

const vm = await createVm({
  guest: realModeGuest({ main: [...WARM_STACK, ...nops(10), ...spin(5000), 0xf4] }),
  memoryBytes: MEMORY_BYTES,
  nmi: 'kvm-event-injection',
  nmiSchedule: startSchedule({ kind: 'every', period: 100, count: 20 }),
});
vm.run({ maxInstructions: 1234 });
const snapshot = vm.snapshot();
const file = await writeSnapshot(snapshot);
const result = vm.run();

/** What opening these bytes comes to: the error's code, or that the machine goes on as the first did. */
async function outcomeOf(bytes: Uint8Array): Promise<string> {
  try {
    const opened = await openSnapshot(bytes);
    expect(opened.run()).toEqual(result);
    return 'harmless';
  } catch (error) {
    if (!(error instanceof VmexitError)) throw error;
    return error.code;
  }
}

function changed(edit: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = file.slice();
  edit(bytes);
  return bytes;
}

it('goes through a file unchanged', async () => {
  expect(await readSnapshot(file)).toEqual(snapshot);
  expect(file.length).toBeLessThan(16 * 1024);
  expect(await outcomeOf(file)).toBe('harmless');
});

it(`notices each of ${FLIPS} flipped bits (seed ${SEED})`, { timeout: 60_000 }, async () => {
  const random = new Random(SEED);
  for (let i = 0; i < FLIPS; i++) {
    const at = random.below(file.length);
    const bit = 1 << random.below(8);
    const outcome = await outcomeOf(changed((bytes) => (bytes[at]! ^= bit)));
    expect(outcome, `byte ${at}, bit ${bit}`).toMatch(/^(SNAPSHOT_(DAMAGED|TRUNCATED)|NOT_A_SNAPSHOT)$/);
  }
});

it('notices every truncation of its first bytes, and some later ones', async () => {
  expect(await outcomeOf(new Uint8Array())).toBe('NOT_A_SNAPSHOT');
  const random = new Random(SEED);
  const lengths = [...Array.from({ length: 64 }, (_, i) => i + 1), file.length - 1];
  for (let i = 0; i < 50; i++) lengths.push(1 + random.below(file.length - 1));
  for (const length of lengths)
    expect(await outcomeOf(file.subarray(0, length)), `${length} bytes`).toBe('SNAPSHOT_TRUNCATED');
});

describe('a file', () => {
  it.each<[string, string, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>]>([
    ['that is something else', 'NOT_A_SNAPSHOT', () => new TextEncoder().encode('bits 16')],
    ['with bytes behind its end', 'SNAPSHOT_DAMAGED', (bytes) => new Uint8Array([...bytes, 0])],
    ['without pages', 'SNAPSHOT_DAMAGED', (bytes) => edited(bytes, 'PAGE', null)],
    ['with half a page', 'SNAPSHOT_DAMAGED', (bytes) => edited(bytes, 'PAGE', new Uint8Array(100))],
    ['with text for a state', 'SNAPSHOT_DAMAGED', (bytes) => edited(bytes, 'PROC', new Uint8Array([0x7b]))],
    ['with an empty state', 'SNAPSHOT_DAMAGED', (bytes) => edited(bytes, 'PROC', json({}))],
    ['with short registers', 'USAGE', (bytes) => edited(bytes, 'YMM ', new Uint8Array(3))],
    ['of a processor that there is not', 'UNKNOWN_CPU', (bytes) => edited(bytes, 'MACH', machine('z80'))],
  ])('%s: %s', async (_, code, make) => {
    expect(await outcomeOf(await make(file))).toBe(code);
  });

  it('of a later format is refused by its version', async () => {
    const error = await readSnapshot(laterVersion()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SnapshotError);
    expect(error).toMatchObject({ code: 'SNAPSHOT_VERSION', message: expect.stringContaining('2.0') });
  });

  it('with a section that nobody knows is read without it', async () => {
    expect(await readSnapshot(await edited(file, 'NEW ', new Uint8Array(9)))).toEqual(snapshot);
  });

  it('that has read more of its schedule than it has requested is refused', async () => {
    const liar: VmSnapshot = { ...snapshot, agenda: { ...snapshot.agenda, read: 1e12 } };
    expect(await outcomeOf(await writeSnapshot(liar))).toBe('USAGE');
  });
});

function json(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

function machine(cpu: string): Uint8Array<ArrayBuffer> {
  return json({ machine: { ...snapshot.machine, cpu }, schedule: snapshot.schedule });
}

/** The file with one section replaced, added, or, by null, left out. */
async function edited(
  bytes: Uint8Array,
  tag: string,
  contents: Uint8Array<ArrayBuffer> | null,
): Promise<Uint8Array> {
  const sections = new Map(await readSections(new Uint8Array(bytes), ROOM));
  if (contents === null) sections.delete(tag);
  else sections.set(tag, contents);
  return writeSections(sections);
}

/** The header of a file of major version 2. */
function laterVersion(): Uint8Array {
  const bytes = file.slice(0, 16);
  const view = new DataView(bytes.buffer);
  view.setUint16(8, 2, true);
  view.setUint32(12, crc32(bytes.subarray(0, 12)), true);
  return bytes;
}

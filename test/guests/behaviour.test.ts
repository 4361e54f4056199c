/** What the shipped guests print and how they end: without NMIs, on their schedules, and under each delivery. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { findShippedGuest, listShippedGuests, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import type { ShippedGuest } from '../../src/guests.js';
import { STRATEGY_NAMES } from '../../src/hypervisor/nmi/strategies.js';
import type { StrategyName } from '../../src/hypervisor/nmi/strategies.js';
import type { RunResult } from '../../src/hypervisor/run-result.js';

const MEMORY_BYTES = 16 << 20;
/** Several times what the longest guest takes. */
const MAX_INSTRUCTIONS = 20_000_000;

const guests = await listShippedGuests();
const scheduled = guests.filter(({ nmiEvery }) => nmiEvery !== null);
const tracked = STRATEGY_NAMES.filter((name) => name !== 'naive-event-injection');

async function run(
  guest: ShippedGuest,
  nmi: StrategyName,
  nmiSchedule: Iterable<number> = [],
): Promise<RunResult> {
  const loaded = loadShippedGuest(guest, await readShippedGuest(guest), MEMORY_BYTES);
  const vm = await createVm({ guest: loaded, memoryBytes: MEMORY_BYTES, nmi, nmiSchedule });
  return vm.run({ maxInstructions: MAX_INSTRUCTIONS });
}

/** The schedule in the guest's contract. */
function* scheduleOf({ nmiEvery, nmiFrom }: ShippedGuest): Generator<number> {
  for (let at = nmiFrom ?? 0; ; at += nmiEvery ?? Infinity) yield at;
}

/** How many NMIs the guest says it has seen. */
function countedBy(result: RunResult): number {
  return Number(/(\d+) NMIs|samples (\d+)/.exec(result.serialText)?.slice(1).find(Boolean));
}

describe('without NMIs', () => {
  // prettier-ignore
  it.each([
    ['hello-16',     'hello from 16-bit real mode\n'],
    ['hello-32',     'hello from 32-bit protected mode\n'],
    ['hello-64',     'hello from 64-bit mode\n'],
    ['nmi-count-16', 'nmi-count-16: 0 NMIs\n'],
    ['nmi-count-32', 'nmi-count-32: 0 NMIs\n'],
    ['nmi-count-64', 'nmi-count-64: 0 NMIs\n'],
    ['nmi-storm',    'nmi-storm: checksum 033b9ffd ok, 0 NMIs\n'],
    ['watchdog',     'watchdog: crc 3e922ec8, samples 0\n  fill 0\n  sort 0\n  checksum 0\n  elsewhere 0\n'],
    ['c-sort-32',    cSortOutput()],
    ['c-sort-64',    cSortOutput()],
  ])('%s prints what it should', async (name, text) => {
    const result = await run(await findShippedGuest(name), 'kvm-vnmi');
    expect(result.serialText).toBe(text);
    expect(result.stop).toEqual({ kind: 'exit', status: 0 });
    expect(result.nmi).toMatchObject({ requested: 0, delivered: 0 });
  });
});

describe.each(tracked)('on its schedule under %s', (nmi) => {
  it.each(scheduled)('$name is unharmed and counts every NMI once', async (guest) => {
    const result = await run(guest, nmi, scheduleOf(guest));
    expect(result.stop).toEqual({ kind: 'exit', status: 0 });
    expect(result.nmi).toMatchObject({ merged: 0, lost: 0, maxNesting: 1 });
    // The last ones may come while the guest prints the count that it has read.
    const afterwards = result.nmi.delivered - countedBy(result);
    expect(countedBy(result)).toBeGreaterThan(50);
    expect(afterwards).toBeGreaterThanOrEqual(0);
    expect(afterwards).toBeLessThanOrEqual(1);
  });

  it.each(scheduled)('$name has its handler in place when its contract says so', async (guest) => {
    const result = await run(guest, nmi, [guest.nmiFrom ?? 0]);
    expect(result.stop).toEqual({ kind: 'exit', status: 0 });
    expect(countedBy(result)).toBe(1);
  });
});

it('watchdog finds its samples where the time goes', async () => {
  const guest = await findShippedGuest('watchdog');
  const { serialText } = await run(guest, 'kvm-vnmi', scheduleOf(guest));
  const bucket = (name: string) => Number(new RegExp(`^  ${name} (\\d+)$`, 'm').exec(serialText)?.[1]);
  const [fill, sort, checksum, elsewhere] = ['fill', 'sort', 'checksum', 'elsewhere'].map(bucket);
  expect(checksum).toBeGreaterThan(sort ?? NaN);
  expect(sort).toBeGreaterThan((fill ?? NaN) * 5); // although the sort runs with interrupts off
  expect(elsewhere).toBeLessThan(10);
});

const DENSE_NMIS = 3000;

/** A gap of 1 to 99 instructions between two NMIs: often shorter than the handler. */
function* denseSchedule(from: number, count: number): Generator<number> {
  let random = 2463534242;
  let at = from;
  for (let i = 0; i < count; i++) {
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    at += 1 + ((random >>> 0) % 99);
    yield at;
  }
}

it.each(tracked)('nmi-storm survives NMIs denser than its handler under %s', async (nmi) => {
  const guest = await findShippedGuest('nmi-storm');
  const result = await run(guest, nmi, denseSchedule(guest.nmiFrom ?? 0, DENSE_NMIS));
  expect(result.stop).toEqual({ kind: 'exit', status: 0 });
  expect(result.nmi).toMatchObject({ requested: DENSE_NMIS, lost: 0, maxNesting: 1 });
  expect(result.nmi.merged).toBeGreaterThan(100);
  expect(result.serialText).toBe(`nmi-storm: checksum 033b9ffd ok, ${result.nmi.delivered} NMIs\n`);
});

it('nmi-storm does not survive them when nobody keeps NMIs from nesting', async () => {
  const guest = await findShippedGuest('nmi-storm');
  const result = await run(guest, 'naive-event-injection', denseSchedule(guest.nmiFrom ?? 0, DENSE_NMIS));
  expect(result.stop).not.toEqual({ kind: 'exit', status: 0 });
  expect(result.nmi.maxNesting).toBeGreaterThan(1);
});

/** What each guest that requests its own NMIs shows under each delivery. */
// prettier-ignore
const FINDINGS: readonly (readonly [guest: string, nmi: StrategyName, text: string])[] = [
  ['nmi-hlt', 'naive-event-injection', '64 sleeps, 64 NMIs'],
  ['nmi-hlt', 'xen-event-injection',   '64 sleeps, 64 NMIs'],
  ['nmi-hlt', 'kvm-event-injection',   '64 sleeps, 64 NMIs'],
  ['nmi-hlt', 'xen-vnmi',              '64 sleeps, 64 NMIs'],
  ['nmi-hlt', 'kvm-vnmi',              '64 sleeps, 64 NMIs'],

  // Of eight positions one lies in the shadow and one right behind it: 4 of 32 NMIs each, or 8 behind it.
  ['nmi-sti-shadow', 'naive-event-injection', '32 NMIs, in the shadow 4, right after it 4, elsewhere 24'],
  ['nmi-sti-shadow', 'xen-event-injection',   '32 NMIs, in the shadow 0, right after it 8, elsewhere 24'],
  ['nmi-sti-shadow', 'kvm-event-injection',   '32 NMIs, in the shadow 0, right after it 8, elsewhere 24'],
  ['nmi-sti-shadow', 'xen-vnmi',              '32 NMIs, in the shadow 0, right after it 8, elsewhere 24'],
  ['nmi-sti-shadow', 'kvm-vnmi',              '32 NMIs, in the shadow 0, right after it 8, elsewhere 24'],

  // With IF = 0, in half of the rounds, Xen's dummy virtual interrupt does not open the window.
  ['nmi-movss-shadow', 'naive-event-injection', '32 NMIs, in the shadow 4, right after it 4, elsewhere 24, waited for IF 0'],
  ['nmi-movss-shadow', 'xen-event-injection',   '32 NMIs, in the shadow 0, right after it 6, elsewhere 26, waited for IF 2'],
  ['nmi-movss-shadow', 'kvm-event-injection',   '32 NMIs, in the shadow 0, right after it 8, elsewhere 24, waited for IF 0'],
  ['nmi-movss-shadow', 'xen-vnmi',              '32 NMIs, in the shadow 0, right after it 6, elsewhere 26, waited for IF 2'],
  ['nmi-movss-shadow', 'kvm-vnmi',              '32 NMIs, in the shadow 0, right after it 8, elsewhere 24, waited for IF 0'],

  // An IRET that faults ends the mask of Xen and of KVM without vNMI, and of nobody with it.
  ['nmi-iret-fault', 'naive-event-injection', '16 NMIs, faulting IRETs 8, nested 8'],
  ['nmi-iret-fault', 'xen-event-injection',   '16 NMIs, faulting IRETs 8, nested 8'],
  ['nmi-iret-fault', 'kvm-event-injection',   '16 NMIs, faulting IRETs 8, nested 8'],
  ['nmi-iret-fault', 'xen-vnmi',              '16 NMIs, faulting IRETs 8, nested 0'],
  ['nmi-iret-fault', 'kvm-vnmi',              '16 NMIs, faulting IRETs 8, nested 0'],

  // The IRET of a page-fault handler unmasks on silicon too.
  ['nmi-page-fault-inside', 'naive-event-injection', '16 NMIs, page faults 8, nested 8'],
  ['nmi-page-fault-inside', 'xen-event-injection',   '16 NMIs, page faults 8, nested 8'],
  ['nmi-page-fault-inside', 'kvm-event-injection',   '16 NMIs, page faults 8, nested 8'],
  ['nmi-page-fault-inside', 'xen-vnmi',              '16 NMIs, page faults 8, nested 8'],
  ['nmi-page-fault-inside', 'kvm-vnmi',              '16 NMIs, page faults 8, nested 8'],

  // Whoever ignores EXITINTINFO loses them all.
  ['nmi-exit-during-delivery', 'naive-event-injection', '0 NMIs, lost 32'],
  ['nmi-exit-during-delivery', 'xen-event-injection',   '32 NMIs, lost 0'],
  ['nmi-exit-during-delivery', 'kvm-event-injection',   '32 NMIs, lost 0'],
  ['nmi-exit-during-delivery', 'xen-vnmi',              '32 NMIs, lost 0'],
  ['nmi-exit-during-delivery', 'kvm-vnmi',              '32 NMIs, lost 0'],
];

it.each(FINDINGS)('%s under %s finds: %s', async (name, nmi, text) => {
  const result = await run(await findShippedGuest(name), nmi);
  expect(result.serialText).toBe(`${name}: ${text}\n`);
  const isHarmed = text.startsWith('0 NMIs');
  expect(result.stop).toEqual({ kind: 'exit', status: isHarmed ? 1 : 0 });
  expect(result.nmi.delivered).toBe(countedBy(result));
  expect(result.nmi.requested).toBe(result.nmi.delivered + result.nmi.lost);
});

it('has a finding for every guest that requests its own NMIs, under every delivery', () => {
  const pairs = guests
    .filter((guest) => guest.requestsOwnNmis)
    .flatMap(({ name }) => STRATEGY_NAMES.map((nmi) => `${name} ${nmi}`));
  expect(FINDINGS.map(([guest, nmi]) => `${guest} ${nmi}`).sort()).toEqual(pairs.sort());
});

/** c-sort's output, worked out here: the same generator, JavaScript's sort, Node's SHA-256. */
function cSortOutput(): string {
  const COUNT = 4096;
  const numbers = new Uint32Array(COUNT);
  let seed = 2463534242;
  for (let i = 0; i < COUNT; i++) {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    numbers[i] = seed;
  }
  numbers.sort();
  const least = (numbers[0] ?? 0) | 0;
  const median = (numbers[COUNT / 2] ?? 0).toString(16).padStart(8, '0');
  const digest = createHash('sha256').update(new Uint8Array(numbers.buffer)).digest('hex');
  return `c-sort: ${COUNT} numbers, 0 mistakes, least ${least}, median ${median}\nsha-256 ${digest}\n`;
}

/** A timeline says what the ledger of the same run says, and when. */
import { describe, expect, it } from 'vitest';
import { createVm, DEFAULT_MEMORY_BYTES, restoreVm } from '../../../src/create-vm.js';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../../src/guests.js';
import { STRATEGY_NAMES } from '../../../src/hypervisor/nmi/strategies.js';
import { everyInstructions } from '../../../src/hypervisor/nmi-schedule.js';
import type { RunResult } from '../../../src/hypervisor/run-result.js';
import { startSchedule } from '../../../src/hypervisor/schedule-spec.js';
import {
  compareTimelines,
  recordTimeline,
  type Timeline,
  timelineOf,
  TimelineRecorder,
} from '../../../src/lab/index.js';
import {
  COUNT_NMI,
  exit,
  IRET,
  MEMORY_BYTES,
  nops,
  realModeGuest,
  WARM_STACK,
} from '../../helpers/real-mode-guest.js';

async function shipped(name: string) {
  const guest = await findShippedGuest(name);
  return loadShippedGuest(guest, await readShippedGuest(guest), DEFAULT_MEMORY_BYTES);
}

/** Random times from when the guest is ready for them; none for a guest that asks itself. */
async function scheduleFor(name: string, mean: number) {
  const { nmiEvery, nmiFrom } = await findShippedGuest(name);
  if (nmiEvery === null) return [];
  return startSchedule({ kind: 'random', mean, seed: 7, from: nmiFrom ?? 0 });
}

function countOf(marks: readonly { readonly count: number }[]): number {
  return marks.reduce((sum, { count }) => sum + count, 0);
}

/** What a timeline must have in common with the result of its run. */
function expectAgreement(timeline: Timeline, { nmi, exits, time }: RunResult): void {
  const { tracks } = timeline;
  const { requested, delivered, merged, lost, pending, maxNesting } = nmi;
  expect(timeline.nmi).toEqual({ requested, delivered, merged, lost, pending, maxNesting });
  expect(timeline.exits).toEqual(exits);
  expect(timeline.end).toBe(time);
  for (const fate of ['delivered', 'merged', 'lost', 'pending'] as const)
    expect(countOf(tracks.requests.marks.filter((mark) => mark.fate === fate))).toBe(nmi[fate]);
  for (const { name, cause, count } of exits)
    expect(countOf(tracks.exits.marks.filter((mark) => mark.exit === name && mark.cause === cause))).toBe(
      count,
    );
  expect(countOf(tracks.handlers.marks)).toBe(delivered);
  for (const { marks } of Object.values(tracks))
    for (const { from, to } of marks) expect(timeline.start <= from && from <= to && to <= time).toBe(true);
}

describe.each([
  'nmi-storm',
  'nmi-iret-fault',
  'nmi-exit-during-delivery',
  'nmi-hlt',
  'nmi-page-fault-inside',
])('%s', (name) => {
  it.each(STRATEGY_NAMES)('agrees with the ledger under %s', async (nmi) => {
    const guest = await shipped(name);
    const nmiSchedule = await scheduleFor(name, 300);
    const options = { name, guest, nmi, nmiSchedule, maxInstructions: 40_000 };
    const { timeline, result } = await recordTimeline(options);
    expectAgreement(timeline, result);
    expect(result.nmi.requested).toBeGreaterThan(0);
    const delivered = timeline.tracks.requests.marks.filter(({ fate }) => fate === 'delivered');
    expect(delivered.map(({ from, to }) => to - from).sort((a, b) => a - b)).toEqual(
      [...result.nmi.latencies].sort((a, b) => a - b),
    );
  });
});

it('has the mask, the handler and the exits of one NMI, to the instruction', async () => {
  const guest = realModeGuest({
    main: [...WARM_STACK, ...nops(200), ...exit(0)],
    nmi: [...COUNT_NMI, ...nops(6), ...IRET],
  });
  const options = { name: 'one', guest, nmiSchedule: [100], memoryBytes: MEMORY_BYTES };
  const { timeline } = await recordTimeline({ ...options, nmi: 'xen-event-injection' });
  const { requests, handlers, holds, exits } = timeline.tracks;
  expect(requests.marks).toEqual([
    { from: 100, to: 100, count: 1, fate: 'delivered', request: 0, reason: null },
  ]);
  expect(handlers.marks).toEqual([
    { from: 100, to: 108, count: 1, instructions: 8, depth: 1, request: 0, how: 'injected' },
  ]);
  expect(holds.marks).toEqual([
    { from: 100, to: 107, count: 1, instructions: 7, by: 'mask' },
    { from: 107, to: 108, count: 1, instructions: 1, by: 'shadow' },
  ]);
  expect(exits.marks.filter(({ cause }) => cause !== 'workload')).toEqual([
    { from: 100, to: 100, count: 1, exit: 'intr', cause: 'kick', rip: '0x664', detail: '' },
    { from: 107, to: 107, count: 1, exit: 'iret', cause: 'nmi-delivery', rip: '0x50a', detail: '' },
  ]);
  expect(timeline.stop).toMatch(/exit/);
});

it('is bounded, and its totals are exact, where there is more than it keeps', async () => {
  const guest = await shipped('nmi-storm');
  const options = { name: 'storm', guest, nmi: 'kvm-event-injection', maxMarks: 60 } as const;
  const { timeline, result } = await recordTimeline({
    ...options,
    nmiSchedule: await scheduleFor('nmi-storm', 200),
    maxInstructions: 100_000,
  });
  expect(result.nmi.delivered).toBeGreaterThan(300);
  expectAgreement(timeline, result);
  for (const { marks } of Object.values(timeline.tracks)) expect(marks.length).toBeLessThanOrEqual(60);
  expect(timeline.tracks.handlers.resolution).toBeGreaterThan(1);
});

it('says by lines what the guest printed', async () => {
  const { timeline, result } = await recordTimeline({ name: 'hello-16', guest: await shipped('hello-16') });
  const { marks } = timeline.tracks.output;
  expect(marks.map(({ text }) => text).join('\n')).toBe(result.serialText.replace(/\r?\n$/, ''));
});

it('starts in the middle: what ran then, ran from the start on', async () => {
  const guest = realModeGuest({
    main: [...WARM_STACK, ...nops(200), ...exit(0)],
    nmi: [...nops(20), ...IRET],
  });
  const nmiSchedule = [100, 110, 150];
  const vm = await createVm({ guest, nmi: 'kvm-vnmi', nmiSchedule, memoryBytes: MEMORY_BYTES });
  vm.run({ maxInstructions: 115 });
  const recorder = new TimelineRecorder({ guest: 'middle', strategy: 'kvm-vnmi', start: vm.time });
  const rest = await restoreVm(vm.snapshot(), { onTrace: recorder.listen });
  const { requests, handlers, holds } = timelineOf(recorder, rest.run()).tracks;
  // #0 is in its handler, #1 waits in V_NMI, #2 comes later.
  expect(requests.marks.map(({ request, from, to }) => [request, from, to])).toEqual([
    [1, 115, 121],
    [2, 150, 150],
  ]);
  expect(handlers.marks.map(({ request, from, to }) => [request, from, to])).toEqual([
    [null, 115, 121],
    [1, 121, 142],
    [2, 150, 171],
  ]);
  expect(holds.marks.map(({ from, to }) => [from, to])).toEqual([
    [115, 121],
    [121, 142],
    [150, 171],
  ]);
});

it('shows a run that goes on with what is open so far', async () => {
  const guest = realModeGuest({
    main: [...WARM_STACK, ...nops(200), ...exit(0)],
    nmi: [...nops(20), ...IRET],
  });
  const options = { name: 'open', guest, nmi: 'kvm-vnmi', memoryBytes: MEMORY_BYTES } as const;
  const { timeline } = await recordTimeline({ ...options, nmiSchedule: [100, 105], maxInstructions: 110 });
  expect(timeline.stop).toBeNull();
  expect(timeline.nmi).toMatchObject({ requested: 2, delivered: 1, pending: 1 });
  expect(timeline.tracks.requests.marks.at(-1)).toMatchObject({ fate: 'pending', from: 105, to: 110 });
  expect(timeline.tracks.handlers.marks).toMatchObject([{ from: 100, to: 110, instructions: 10 }]);
  expect(timeline.tracks.holds.marks).toMatchObject([{ from: 100, to: 110, by: 'mask' }]);
});

it('compares: the rows of the comparison and a timeline for each', async () => {
  const guest = await shipped('nmi-count-16');
  const { comparison, timelines } = await compareTimelines({
    name: 'nmi-count-16',
    guest,
    schedule: { kind: 'every', period: 700, count: 12 },
    maxInstructions: 50_000,
  });
  expect(timelines.map(({ strategy }) => strategy)).toEqual([...STRATEGY_NAMES]);
  for (const [i, { requested, delivered, merged, lost, pending, maxNesting }] of comparison.runs.entries())
    expect(timelines[i]!.nmi).toEqual({ requested, delivered, merged, lost, pending, maxNesting });
});

it('is plain data', async () => {
  const { timeline } = await recordTimeline({
    name: 'nmi-count-16',
    guest: await shipped('nmi-count-16'),
    nmiSchedule: everyInstructions(900, 5),
    maxInstructions: 20_000,
  });
  expect(JSON.parse(JSON.stringify(timeline))).toEqual(timeline);
  expect(structuredClone(timeline)).toEqual(timeline);
});

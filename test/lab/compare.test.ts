/** The comparison, and the names of its result: they are an interface. */
import { expect, it } from 'vitest';
import { STRATEGY_NAMES } from '../../src/hypervisor/nmi/strategies.js';
import { compare, type Comparison, type Progress } from '../../src/lab/compare.js';
import {
  COUNT_NMI,
  exit,
  IRET,
  MEMORY_BYTES,
  nops,
  realModeGuest,
  spin,
  STI,
  WARM_STACK,
} from '../helpers/real-mode-guest.js';

const guest = realModeGuest({
  main: [...WARM_STACK, ...STI, ...spin(200), ...exit(0)],
  nmi: [...COUNT_NMI, ...nops(8), ...IRET],
});
const OPTIONS = { name: 'busy', guest, memoryBytes: MEMORY_BYTES } as const;

/** Names and types of a value, all the way down. */
function shape(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shape(member)]));
}

async function comparison(): Promise<Comparison> {
  return compare({ ...OPTIONS, schedule: { kind: 'at', counts: [50, 54, 100, 100, 100] } });
}

it('has exactly these names, in JSON too', async () => {
  const result = await comparison();
  const json: unknown = JSON.parse(JSON.stringify(result));
  expect(json).toEqual(result);
  expect(shape(json)).toEqual({
    guest: 'string',
    instructions: 'number',
    runs: [
      {
        delivery: 'string',
        requested: 'number',
        delivered: 'number',
        merged: 'number',
        pending: 'number',
        lost: 'number',
        maxNesting: 'number',
        exits: { nmi: 'number', iret: 'number', vintr: 'number', db: 'number', other: expect.any(Object) },
        nmiExits: 'number',
        exitsPerNmi: 'number',
        latency: { p50: 'number', p99: 'number', max: 'number' },
        stop: { kind: 'string', status: 'number' },
        serial: 'string',
      },
    ],
  });
});

it('runs every strategy on the same requests, and accounts for each', async () => {
  const { runs, guest: name } = await comparison();
  expect(name).toBe('busy');
  expect(runs.map(({ delivery }) => delivery)).toEqual(STRATEGY_NAMES);
  for (const run of runs) {
    expect(run.requested).toBe(5);
    expect(run.delivered + run.merged + run.pending + run.lost).toBe(5);
    expect(run.stop).toEqual({ kind: 'exit', status: 0 });
  }
});

it('keeps the cost of delivery apart from the kick and from what the guest does', async () => {
  const { runs } = await comparison();
  const xen = runs.find(({ delivery }) => delivery === 'xen-event-injection');
  // Handlers at 50 and, behind it, 54; of three at 100 one is left.
  expect(xen).toMatchObject({
    delivered: 3,
    merged: 2,
    exits: { nmi: 0, iret: 3, vintr: 1, db: 0, other: { kick: 3, ioio: 1 } },
    nmiExits: 4,
    exitsPerNmi: 4 / 3,
  });
  const vnmi = runs.find(({ delivery }) => delivery === 'xen-vnmi');
  expect(vnmi).toMatchObject({
    delivered: 3,
    nmiExits: 0,
    exitsPerNmi: 0,
    exits: { other: { kick: 3, ioio: 1 } },
  });
});

it('has zeros and nulls, not NaN, where nothing was delivered', async () => {
  const { runs } = await compare({ ...OPTIONS, schedule: { kind: 'none' }, deliveries: ['kvm-vnmi'] });
  expect(runs).toEqual([
    expect.objectContaining({ exitsPerNmi: 0, latency: { p50: null, p99: null, max: null } }),
  ]);
});

it('tells how far it is, and stops when cancelled', async () => {
  const seen: Progress[] = [];
  const controller = new AbortController();
  const { runs } = await compare({
    ...OPTIONS,
    schedule: { kind: 'none' },
    signal: controller.signal,
    onProgress: (progress) => {
      seen.push(progress);
      if (progress.completed === 1) controller.abort();
    },
  });
  expect(seen.map(({ completed, total }) => `${completed}/${total}`)).toEqual(['0/5', '1/5']);
  expect(runs.map(({ stop }) => stop.kind)).toEqual(['exit', 'cancelled']);
});

it('writes addresses as text, which JSON can carry', async () => {
  /** mov ax, 0FFFFh; mov ds, ax; mov al, [10h], at 605h: the first byte beyond 1 MiB */
  const reader = realModeGuest({ main: [0xb8, 0xff, 0xff, 0x8e, 0xd8, 0xa0, 0x10, 0x00] });
  const { runs } = await compare({
    ...OPTIONS,
    guest: reader,
    schedule: { kind: 'none' },
    deliveries: ['kvm-vnmi'],
  });
  expect(runs[0]?.stop).toMatchObject({ kind: 'no-memory', rip: '0x605' });
});

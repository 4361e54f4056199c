/** The trace file: the format that Perfetto reads, and the numbers of the ledger. */
import { describe, expect, it } from 'vitest';
import { chromeTrace, type ChromeTraceEvent, type Timeline } from '../../../src/lab/index.js';
import { timelinesOf } from '../../helpers/timelines.js';

const { timelines } = await timelinesOf('nmi-iret-fault', 0);
const cut = await timelinesOf('nmi-storm', 80, { maxInstructions: 5000, maxMarks: 40 });

interface TraceFile {
  readonly traceEvents: readonly (ChromeTraceEvent & { readonly ts?: number; readonly dur?: number })[];
}

const parsed = (of: readonly Timeline[]): TraceFile => JSON.parse(chromeTrace(of)) as TraceFile;

describe.each([
  ['a whole run', timelines],
  ['a run that was cut off, and is aggregated', cut.timelines],
])('%s', (_what, of) => {
  const { traceEvents } = parsed(of);
  const threads = new Map(
    traceEvents.flatMap((e) =>
      e.name === 'thread_name' ? [[`${e.pid}.${e.tid}`, String(e.args?.['name'])]] : [],
    ),
  );

  it('has in every event what the format demands', () => {
    for (const event of traceEvents) {
      expect(['M', 'X', 'i', 'b', 'e']).toContain(event.ph);
      expect(event.name).toEqual(expect.any(String));
      expect(Number.isInteger(event.pid) && Number.isInteger(event.tid)).toBe(true);
      if (event.ph === 'M') continue;
      expect(Number.isSafeInteger(event.ts) && event.ts! >= 0).toBe(true);
      if (event.ph === 'X') expect(Number.isSafeInteger(event.dur) && event.dur! >= 0).toBe(true);
      if (event.ph === 'i') expect(event.s).toBe('t');
      if (event.ph === 'X' || event.ph === 'i') expect(threads.has(`${event.pid}.${event.tid}`)).toBe(true);
    }
  });

  it('names a process for each strategy', () => {
    const names = traceEvents.flatMap((e) => (e.name === 'process_name' ? [e.args?.['name']] : []));
    expect(names).toEqual(of.map(({ strategy, guest }) => `${strategy}: ${guest}`));
  });

  it('begins and ends each request once', () => {
    const open = new Set<string>();
    for (const event of traceEvents) {
      if (event.ph === 'b') {
        expect(open.has(event.id)).toBe(false);
        open.add(event.id);
      } else if (event.ph === 'e') expect(open.delete(event.id)).toBe(true);
    }
    expect(open.size).toBe(0);
  });

  it('has no two slices of a thread that overlap without one being inside of the other', () => {
    const slices = new Map<string, { from: number; to: number }[]>();
    for (const e of traceEvents)
      if (e.ph === 'X') {
        const key = `${e.pid}.${e.tid}`;
        slices.set(key, [...(slices.get(key) ?? []), { from: e.ts, to: e.ts + e.dur }]);
      }
    for (const [key, list] of slices)
      for (const [i, a] of list.entries())
        for (const b of list.slice(i + 1))
          expect(b.from >= a.to || (b.from >= a.from && b.to <= a.to), threads.get(key)).toBe(true);
  });

  it('has the numbers of the ledger', () => {
    const countOf = (e: ChromeTraceEvent): number => Number(e.args?.['count'] ?? 1);
    for (const [index, timeline] of of.entries()) {
      const own = traceEvents.filter(({ pid }) => pid === index + 1);
      const sum = (events: readonly ChromeTraceEvent[]): number => events.reduce((n, e) => n + countOf(e), 0);
      const inLane = (lane: string) => own.filter((e) => threads.get(`${e.pid}.${e.tid}`)?.startsWith(lane));
      const delivery = timeline.exits.filter(({ cause }) => cause === 'nmi-delivery');
      expect(sum(own.filter(({ ph }) => ph === 'b'))).toBe(timeline.nmi.requested);
      expect(sum(inLane('NMI handler').filter(({ ph }) => ph === 'X'))).toBe(timeline.nmi.delivered);
      expect(sum(inLane('exits of NMI delivery').filter(({ ph }) => ph === 'i'))).toBe(
        delivery.reduce((n, { count }) => n + count, 0),
      );
    }
  });
});

it('puts handlers that nest on threads of their own', () => {
  const xen = timelines.findIndex(({ strategy }) => strategy === 'xen-event-injection');
  const names = parsed(timelines).traceEvents.filter((e) => e.name === 'thread_name' && e.pid === xen + 1);
  expect(names.map((e) => e.args?.['name'])).toContain('NMI handler, nested 1 deep');
});

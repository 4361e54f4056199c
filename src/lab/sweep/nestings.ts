/** Finds NMIs that reached a handler while another one ran, and what let them in. */
import type { TraceEvent } from '../../hypervisor/trace.js';
import type { HandlerEntry } from './recorder.js';
import type { IretAttempt } from './handler-walk.js';
import type { Nesting } from './observation.js';

/** Of a run in which handlers nest and nest, the first few say it all. */
const MOST_EXPLAINED = 8;

/** @param irets Steps through the run once more, up to a time; only asked if something nested. */
export function findNestings(
  events: readonly TraceEvent[],
  entries: readonly HandlerEntry[],
  irets: (end: number) => readonly IretAttempt[],
): Nesting[] {
  const nested = events.flatMap((event) =>
    event.kind === 'nmi-deliver' && event.running > 1 ? [event] : [],
  );
  if (nested.length === 0) return [];
  const attempts = irets(Math.max(...nested.slice(0, MOST_EXPLAINED).map(({ time }) => time)));
  return nested.slice(0, MOST_EXPLAINED).map(({ time, running }) => {
    const outer = entryOf(events, time, running - 1);
    const inside = attempts.filter((iret) => iret.time >= outer && iret.time <= time);
    const unmasking = inside.findLast((iret) => iret.isCompleted && iret.after >= iret.before);
    const faulted = inside.findLast((iret) => !iret.isCompleted);
    return {
      time,
      running,
      rip: entries.find((entry) => entry.time === time && entry.running === running)?.interrupted ?? 0n,
      unmaskedAt: unmasking?.rip ?? null,
      faultedAt: faulted?.rip ?? null,
    };
  });
}

/** When the handler was entered that was the `running`-th at the time; 0 if that was before the events. */
function entryOf(events: readonly TraceEvent[], time: number, running: number): number {
  const entry = events.findLast(
    (event) => event.kind === 'nmi-deliver' && event.running === running && event.time < time,
  );
  return entry?.time ?? 0;
}

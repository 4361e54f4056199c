/** Runs a guest and keeps everything that happened. */
import { createVm } from '../../src/create-vm.js';
import type { StrategyName } from '../../src/hypervisor/nmi/strategies.js';
import type { RunResult } from '../../src/hypervisor/run-result.js';
import type { TraceEvent } from '../../src/hypervisor/trace.js';
import type { LoadedGuest } from '../../src/loader/image.js';
import { MEMORY_BYTES } from './real-mode-guest.js';

export interface TracedRun {
  readonly result: RunResult;
  readonly events: readonly TraceEvent[];
  /** Exits that NMI delivery cost, in order. */
  readonly deliveryExits: readonly string[];
  /** Times at which handlers started. */
  readonly deliveries: readonly number[];
}

/** @param nmiAt Times of the requests. */
export async function tracedRun(
  guest: LoadedGuest,
  nmi: StrategyName,
  nmiAt: readonly number[] = [],
  maxInstructions = 100_000,
): Promise<TracedRun> {
  const events: TraceEvent[] = [];
  const vm = await createVm({
    guest,
    nmi,
    nmiSchedule: nmiAt,
    memoryBytes: MEMORY_BYTES,
    onTrace: (event) => events.push(event),
  });
  const result = vm.run({ maxInstructions });
  return {
    result,
    events,
    deliveryExits: events.flatMap((e) => (e.kind === 'exit' && e.cause === 'nmi-delivery' ? [e.exit] : [])),
    deliveries: events.flatMap((e) => (e.kind === 'nmi-deliver' ? [e.time] : [])),
  };
}

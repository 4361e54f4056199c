/**
 * What an NMI costs under each delivery: #VMEXITs, latency in instructions, and wall time, on nmi-storm.
 *
 * Wall time per NMI is that of a run with NMIs less that of a run without, handler included.
 */
import {
  createVm,
  findShippedGuest,
  type LoadedGuest,
  loadShippedGuest,
  readShippedGuest,
  STRATEGY_NAMES,
  type StrategyName,
  summarize,
} from '../src/index.js';

const MEMORY_BYTES = 16 << 20;
const EVERY = 500;
const REPEATS = 5;

export interface DeliveryCost {
  readonly delivery: string;
  readonly nmis: number;
  readonly exitsPerNmi: number;
  readonly latencyP50: number | null;
  readonly latencyP99: number | null;
  readonly microsecondsPerNmi: number;
}

export async function measureDelivery(): Promise<DeliveryCost[]> {
  const shipped = await findShippedGuest('nmi-storm');
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), MEMORY_BYTES);
  const costs: DeliveryCost[] = [];
  for (const delivery of STRATEGY_NAMES) costs.push(await measure(guest, shipped.nmiFrom ?? 0, delivery));
  return costs;
}

async function measure(guest: LoadedGuest, from: number, delivery: StrategyName): Promise<DeliveryCost> {
  const quiet = await fastest(guest, delivery, () => []);
  const storm = await fastest(guest, delivery, () => schedule(from));
  const { delivered, exitsPerNmi, latency } = summarize(delivery, storm.result);
  return {
    delivery,
    nmis: delivered,
    exitsPerNmi,
    latencyP50: latency.p50,
    latencyP99: latency.p99,
    microsecondsPerNmi: ((storm.milliseconds - quiet.milliseconds) * 1000) / delivered,
  };
}

/** Endless, from when the guest's handler is in place. */
function* schedule(from: number): Generator<number> {
  for (let at = from; ; at += EVERY) yield at;
}

/** The fastest of several runs: what else the machine does can only slow a run down. */
async function fastest(guest: LoadedGuest, nmi: StrategyName, startSchedule: () => Iterable<number>) {
  let best = Infinity;
  for (let i = 1; ; i++) {
    const vm = await createVm({ guest, memoryBytes: MEMORY_BYTES, nmi, nmiSchedule: startSchedule() });
    const start = performance.now();
    const result = vm.run();
    best = Math.min(best, performance.now() - start);
    if (result.stop.kind !== 'exit') throw new Error(`nmi-storm stopped under ${nmi}: ${result.stop.kind}`);
    if (i === REPEATS) return { milliseconds: best, result };
  }
}

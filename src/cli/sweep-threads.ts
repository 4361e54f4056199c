/** Units of a sweep in worker threads. Each thread keeps its machines, one for each delivery that it has met. */
import { availableParallelism } from 'node:os';
import type { RunSweepOptions, SweepPlan, SweepUnit, UnitExecutor, UnitKey } from '../lab/index.js';
import { wholeNumber } from './sweep-output.js';
import type { SweepOrder } from './sweep-worker.js';
import { ThreadPool } from './thread-pool.js';

/** @param given `--threads`. */
export function threadCount(given: string | undefined): number {
  return given === undefined ? availableParallelism() : wholeNumber('--threads', given, 1);
}

/** Threads need JavaScript that is there. */
const isBundled = import.meta.url.endsWith('.js');

/** Undefined where one thread is enough: this one. */
export function inThreads(
  options: RunSweepOptions,
  invariantFile: string | undefined,
  threads: number,
): ((plan: SweepPlan) => UnitExecutor) | undefined {
  if (threads === 1 || !isBundled) return undefined;
  return (plan) => async (units, take, signal) => {
    const order = toOrder(options, plan, invariantFile);
    const count = Math.min(threads, units.length);
    if (count === 0) return;
    const pool = new ThreadPool(order, count);
    try {
      await share(pool, units, count, take, signal);
    } finally {
      await pool.destroy();
    }
  };
}

/** One unit ahead of each thread, so that a signal finds nothing that is queued. */
async function share(
  pool: ThreadPool,
  units: readonly UnitKey[],
  threads: number,
  take: (unit: SweepUnit) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const queue = units.values();
  const work = async (): Promise<void> => {
    for (const unit of queue) {
      if (signal?.aborted) return;
      take(await pool.run(unit));
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
}

/** What a worker needs, as data. */
export function toOrder(
  options: RunSweepOptions,
  plan: SweepPlan,
  invariantFile: string | undefined,
): SweepOrder {
  const {
    guest,
    invariants: _,
    executor: __,
    signal: ___,
    onProgress: ____,
    known: _____,
    deliveries: ______,
    ...rest
  } = options;
  const { symbols, ...image } = guest;
  return { rest, image, symbols: [...symbols], plan, invariantFile };
}

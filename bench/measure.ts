/**
 * Runs pieces of work under tinybench and takes two times of each: the processor time that this process used, and the
 * time on the wall. On an idle machine they agree; on a busy one only the first says something about vmexit.
 */
import { Bench } from 'tinybench';
import { type Estimate, estimate } from './estimate.js';

export interface Work {
  /** Before each sample, not measured. */
  readonly prepare?: (() => Promise<void>) | undefined;
  /** One sample: a millisecond or more of work, so that reading the clocks does not count. */
  readonly sample: () => void;
}

/** How long to measure each piece of work. */
export interface Budget {
  readonly warmupMs: number;
  readonly timeMs: number;
  /** At least so many samples, however long they take. */
  readonly samples: number;
}

/** In milliseconds for one sample. */
export interface Timing {
  readonly processor: Estimate;
  readonly wall: Estimate;
}

/** Measures one work after the other; their timings have the same names. */
export async function measure<Name extends string>(
  works: Readonly<Record<Name, Work>>,
  budget: Budget,
): Promise<Record<Name, Timing>> {
  const bench = new Bench({
    throws: true,
    time: budget.timeMs,
    iterations: budget.samples,
    warmupTime: budget.warmupMs,
    warmupIterations: 1,
  });
  const entries = Object.entries<Work>(works);
  const clocks = entries.map(([name, work]) => [name, addWork(bench, name, work)] as const);
  await bench.run();
  const timings = clocks.map(([name, { processor, wall }]) => {
    return [name, { processor: estimate(processor), wall: estimate(wall) }] as const;
  });
  return Object.fromEntries(timings) as Record<Name, Timing>;
}

interface Clocks {
  readonly processor: number[];
  readonly wall: number[];
}

function addWork(bench: Bench, name: string, { prepare, sample }: Work): Clocks {
  const clocks: Clocks = { processor: [], wall: [] };
  bench.add(name, () => timeOne(clocks, sample), {
    async: false,
    // Called once before the warm-up and once before the samples that count: those of the warm-up are forgotten.
    beforeAll: () => {
      clocks.processor.length = 0;
      clocks.wall.length = 0;
    },
    ...(prepare && { beforeEach: prepare }),
  });
  return clocks;
}

function timeOne({ processor, wall }: Clocks, sample: () => void): void {
  const usage = process.cpuUsage();
  const start = performance.now();
  sample();
  wall.push(performance.now() - start);
  const { user, system } = process.cpuUsage(usage);
  processor.push((user + system) / 1000);
}

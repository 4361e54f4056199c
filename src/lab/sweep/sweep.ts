/** A sweep in this process, unit after unit. The command shares the same units among threads, processes and machines. */
import { assembleResult, requireSameSweep } from './merge.js';
import { planSweep, type SweepOptions } from './sweep-plan.js';
import type { SweepBaseline, SweepResult, SweepUnit } from './sweep-result.js';
import { allUnits, type Shard, unitsOfShard, withoutDone } from './unit-list.js';
import { UnitRunner } from './unit-runner.js';

/** What this library calls itself in results; the command adds its version. */
export const DEFAULT_PRODUCER = 'vmexit';

export interface SweepProgress {
  /** Units that are done, of those that this process has to do. */
  readonly done: number;
  readonly total: number;
  /** Boundaries and handler runs of this process so far. */
  readonly boundaries: number;
  readonly probes: number;
}

export interface RunSweepOptions extends SweepOptions {
  /** Only this part. */
  readonly shard?: Shard | undefined;
  /** What an earlier, interrupted sweep has done. */
  readonly known?: SweepResult | undefined;
  readonly producer?: string | undefined;
  /** What is done when it comes is the result. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SweepProgress) => void) | undefined;
}

/** Runs a sweep to its end, or until the signal. Throws a `UsageError` for what cannot be meant. */
export async function sweep(options: RunSweepOptions): Promise<SweepResult> {
  const { producer = DEFAULT_PRODUCER, known, shard = { index: 1, count: 1 }, signal, onProgress } = options;
  const plan = await planSweep(options);
  if (known) requireSameSweep({ producer, plan }, known);
  const runner = new UnitRunner(options, plan);
  const { baselines, unitCounts } = await prepare(runner, plan.deliveries);
  const units: SweepUnit[] = [...(known?.units ?? [])];
  const todo = withoutDone(unitsOfShard(allUnits(plan, unitCounts), shard), units);
  let [boundaries, probes] = [0, 0];
  for (const [done, { delivery, index }] of todo.entries()) {
    onProgress?.({ done, total: todo.length, boundaries, probes });
    const unit = await runner.run(delivery, index, () => signal?.aborted !== true);
    if (unit === null) break;
    units.push(unit);
    boundaries += unit.boundaries;
    probes += unit.probes;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return assembleResult({ producer, plan, baselines, unitCounts }, units);
}

async function prepare(
  runner: UnitRunner,
  deliveries: readonly string[],
): Promise<{ readonly baselines: readonly SweepBaseline[]; readonly unitCounts: readonly number[] }> {
  const baselines: SweepBaseline[] = [];
  const unitCounts: number[] = [];
  for (const delivery of deliveries) {
    baselines.push(await runner.baseline(delivery));
    unitCounts.push(await runner.unitCount(delivery));
  }
  return { baselines, unitCounts };
}

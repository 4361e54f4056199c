/** A sweep in this process, unit after unit. The command shares the same units among threads, processes and machines. */
import { requireOptions } from '../../errors.js';
import { assembleResult, requireSameSweep } from './merge.js';
import { planSweep, type SweepOptions } from './sweep-plan.js';
import type { SweepBaseline, SweepPlan, SweepResult, SweepUnit } from './sweep-result.js';
import { allUnits, type Shard, type UnitKey, unitsOfShard, withoutDone } from './unit-list.js';
import { UnitRunner } from './unit-runner.js';

/** What this library calls itself in results; the command adds its version. */
export const DEFAULT_PRODUCER = 'vmexit';

/** Runs units, in whatever order and place, and gives each to `take` when it is done. Ends early at the signal. */
export type UnitExecutor = (
  units: readonly UnitKey[],
  take: (unit: SweepUnit) => void,
  signal: AbortSignal | undefined,
) => Promise<void>;

export interface SweepProgress {
  /** Units that are done, of those that this process has to do. */
  readonly done: number;
  readonly total: number;
  /** Boundaries and handler runs of this process so far. */
  readonly boundaries: number;
  readonly probes: number;
  /** What is done so far, earlier sweeps included. */
  readonly result: () => SweepResult;
}

export interface RunSweepOptions extends SweepOptions {
  /** Only this part. */
  readonly shard?: Shard | undefined;
  /** What an earlier, interrupted sweep has done. */
  readonly known?: SweepResult | undefined;
  readonly producer?: string | undefined;
  /** Who runs the units; this process unless given. */
  readonly executor?: ((plan: SweepPlan) => UnitExecutor) | undefined;
  /** What is done when it comes is the result. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SweepProgress) => void) | undefined;
}

const WHOLE: Shard = { index: 1, count: 1 };

/** Runs a sweep to its end, or until the signal. Throws a `UsageError` for what cannot be meant. */
export async function sweep(options: RunSweepOptions): Promise<SweepResult> {
  requireOptions('sweep', options);
  const { producer = DEFAULT_PRODUCER, known, shard = WHOLE, signal, onProgress } = options;
  const plan = await planSweep(options);
  unitsOfShard([], shard); // a part that is none is refused before there is work
  if (known) requireSameSweep({ producer, plan }, known);
  const runner = new UnitRunner(options, plan);
  const { baselines, unitCounts } = await prepare(runner, plan.deliveries);
  const units: SweepUnit[] = [...(known?.units ?? [])];
  const todo = withoutDone(unitsOfShard(allUnits(plan, unitCounts), shard), units);
  const result = (): SweepResult => assembleResult({ producer, plan, baselines, unitCounts }, units);
  const progress = { done: 0, total: todo.length, boundaries: 0, probes: 0, result };
  onProgress?.({ ...progress });
  const execute = options.executor?.(plan) ?? inThisProcess(runner);
  const take = (unit: SweepUnit): void => {
    units.push(unit);
    progress.done++;
    progress.boundaries += unit.boundaries;
    progress.probes += unit.probes;
    onProgress?.({ ...progress });
  };
  await execute(todo, take, signal);
  return result();
}

function inThisProcess(runner: UnitRunner): UnitExecutor {
  return async (units, take, signal) => {
    for (const { delivery, index } of units) {
      const unit = await runner.run(delivery, index, () => signal?.aborted !== true);
      if (unit === null) return;
      take(unit);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
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

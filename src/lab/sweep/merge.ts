/** Joins results of parts of one sweep: in any order, the same part any number of times. */
import { UsageError } from '../../errors.js';
import { allUnits, keyOf } from './unit-list.js';
import {
  SWEEP_FORMAT,
  SWEEP_VERSION,
  type SweepPlan,
  type SweepResult,
  type SweepUnit,
} from './sweep-result.js';

/** A sweep's result with these units, in their order. */
export function assembleResult(
  parts: Pick<SweepResult, 'producer' | 'plan' | 'baselines' | 'unitCounts'>,
  units: Iterable<SweepUnit>,
): SweepResult {
  const { producer, plan, baselines, unitCounts } = parts;
  const byKey = new Map([...units].map((unit) => [keyOf(unit), unit]));
  const sorted = allUnits(plan, unitCounts).flatMap((key) => byKey.get(keyOf(key)) ?? []);
  return {
    format: SWEEP_FORMAT,
    version: SWEEP_VERSION,
    producer,
    plan,
    baselines,
    unitCounts,
    units: sorted,
  };
}

/** Throws a `UsageError` unless all are results of the same sweep. */
export function mergeSweeps(results: readonly SweepResult[]): SweepResult {
  const [first, ...others] = results;
  if (first === undefined) throw new UsageError('there is nothing to merge');
  const units = new Map<string, SweepUnit>();
  let { baselines } = first;
  for (const result of [first, ...others]) {
    requireSameSweep(first, result);
    baselines = fuller(baselines, result.baselines);
    for (const unit of result.units) addUnit(units, unit);
  }
  return assembleResult({ ...first, baselines }, units.values());
}

/** What was found, without what only whoever ran it has: files. */
function findings(part: unknown): string {
  return JSON.stringify(part, (key, value: unknown) =>
    key === 'source' || key === 'replay' ? undefined : value,
  );
}

/** Of two that found the same, the one that names files; whatever their order. In JSON a path comes before null. */
function fuller<T>(one: T, other: T): T {
  return JSON.stringify(other) < JSON.stringify(one) ? other : one;
}

function addUnit(units: Map<string, SweepUnit>, unit: SweepUnit): void {
  const key = keyOf(unit);
  const known = units.get(key);
  if (known !== undefined && findings(known) !== findings(unit))
    throw new UsageError(`two results of the unit ${key} differ, which two runs of one sweep never do`);
  units.set(key, fuller(known ?? unit, unit));
}

/** Throws a `UsageError` that says what is different. */
export function requireSameSweep(
  expected: Pick<SweepResult, 'producer' | 'plan'> & Partial<SweepResult>,
  found: SweepResult,
): void {
  if (expected.producer !== found.producer)
    throw new UsageError(`results of two versions do not merge: ${expected.producer} and ${found.producer}`);
  for (const name of Object.keys(expected.plan) as (keyof SweepPlan)[]) {
    const [left, right] = [expected.plan[name], found.plan[name]].map((value) => JSON.stringify(value));
    if (left !== right)
      throw new UsageError(
        `results of two sweeps do not merge: ${name} is ${left} in the one and ${right} in the other`,
      );
  }
  for (const name of ['baselines', 'unitCounts'] as const)
    if (expected[name] !== undefined && findings(expected[name]) !== findings(found[name]))
      throw new UsageError(`two results of one sweep differ in their ${name}, which two runs of it never do`);
}

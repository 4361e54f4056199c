/** Reads a result that was written as JSON, and refuses what is none. */
import { UsageError } from '../../errors.js';
import { SWEEP_FORMAT, SWEEP_VERSION, type SweepResult, type SweepUnit } from './sweep-result.js';

/** @param name What to call the file in an error. */
export function parseSweep(text: string, name: string): SweepResult {
  const value = parse(text, name);
  if (!isObject(value) || value['format'] !== SWEEP_FORMAT)
    throw new UsageError(`${name} is not the result of a sweep`);
  if (value['version'] !== SWEEP_VERSION)
    throw new UsageError(
      `${name} is a sweep's result of version ${String(value['version'])}, and this vmexit reads version ${SWEEP_VERSION}`,
    );
  if (!hasShape(value)) throw new UsageError(`${name} is damaged: it lacks parts of a sweep's result`);
  return value as unknown as SweepResult;
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${name} is not the result of a sweep, or was cut off: ${(error as Error).message}`);
  }
}

const UNIT_COLUMNS = ['distances', 'latency', 'exits', 'broken'] as const;

function hasShape({ producer, plan, baselines, units, unitCounts }: Record<string, unknown>): boolean {
  if (typeof producer !== 'string' || !isObject(plan) || !isStrings(plan['deliveries'])) return false;
  const { deliveries } = plan;
  const isCounts = isNumbers(unitCounts) && unitCounts.length === deliveries.length;
  return (
    isCounts && isStrings(plan['invariants']) && isArray(baselines, isBaseline) && isArray(units, isSweepUnit)
  );
}

function isBaseline(value: unknown): boolean {
  return isObject(value) && typeof value['delivery'] === 'string' && Array.isArray(value['violations']);
}

/** Whether this has the form of one. */
export function isSweepUnit(value: unknown): value is SweepUnit {
  if (!isObject(value) || typeof value['delivery'] !== 'string') return false;
  const { index, boundaries, probes, points, broken, violations } = value;
  const isCounted = [index, boundaries, probes].every((count) => Number.isSafeInteger(count));
  if (!isCounted || !isObject(points) || !isObject(broken) || !Array.isArray(violations)) return false;
  return typeof points['first'] === 'number' && UNIT_COLUMNS.every((name) => isArray(points[name], isRun));
}

function isRun(value: unknown): boolean {
  return isNumbers(value) && value.length === 2;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is readonly string[] {
  return isArray(value, (member) => typeof member === 'string');
}

function isNumbers(value: unknown): value is readonly number[] {
  return isArray(value, (member) => typeof member === 'number');
}

function isArray(value: unknown, is: (member: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(is);
}

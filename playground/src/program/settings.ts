/** What a program runs under: everything that decides a run, apart from the source. */
import {
  CPU_MODELS,
  type CpuName,
  DEFAULT_CPU,
  isStrategyName,
  type ScheduleSpec,
  type StrategyName,
} from 'vmexit';

export interface Settings {
  readonly delivery: StrategyName;
  readonly schedule: ScheduleSpec;
  readonly cpu: CpuName;
}

export const DEFAULT_SETTINGS: Settings = {
  delivery: 'kvm-vnmi',
  schedule: { kind: 'none' },
  cpu: DEFAULT_CPU,
};

/** More times than this are not a list that somebody wrote. */
const MOST_TIMES = 10_000;

/** Settings from a link or from storage: what is not as it should be is left at its default. */
export function readSettings(value: unknown): Settings {
  const { delivery, schedule, cpu } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  return {
    delivery: typeof delivery === 'string' && isStrategyName(delivery) ? delivery : DEFAULT_SETTINGS.delivery,
    schedule: readSchedule(schedule) ?? DEFAULT_SETTINGS.schedule,
    cpu: typeof cpu === 'string' && isCpuName(cpu) ? cpu : DEFAULT_SETTINGS.cpu,
  };
}

function isCpuName(name: string): name is CpuName {
  return Object.hasOwn(CPU_MODELS, name);
}

export function readSchedule(value: unknown): ScheduleSpec | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, period, mean, seed, count, from, counts } = value as Record<string, unknown>;
  if (kind === 'none') return { kind };
  const limits = { ...optional('count', count, 1), ...optional('from', from, 0) };
  if (kind === 'every' && isCount(period, 1)) return { kind, period, ...limits };
  if (kind === 'random' && isCount(mean, 1) && isCount(seed, 0)) return { kind, mean, seed, ...limits };
  if (
    kind === 'at' &&
    Array.isArray(counts) &&
    counts.length <= MOST_TIMES &&
    counts.every((n) => isCount(n, 0))
  )
    return { kind, counts: counts as number[] };
  return undefined;
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function optional(name: 'count' | 'from', value: unknown, least: number): { count?: number; from?: number } {
  return isCount(value, least) ? { [name]: value } : {};
}

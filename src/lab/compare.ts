/**
 * The comparison: one guest, one schedule of NMIs, every way of delivering them.
 *
 * The result is the object that `vmexit compare --json` prints; its names are an interface.
 */
import { createVm, type CreateVmOptions } from '../create-vm.js';
import { requireOptions } from '../errors.js';
import { STRATEGY_NAMES, type StrategyName } from '../hypervisor/nmi/strategies.js';
import type { ExitCount } from '../hypervisor/ledger.js';
import type { RunResult, StopReason } from '../hypervisor/run-result.js';
import { type ScheduleSpec, startSchedule } from '../hypervisor/schedule-spec.js';
import type { TraceListener } from '../hypervisor/trace.js';
import { distribution } from './statistics.js';

export interface CompareOptions extends Omit<
  CreateVmOptions,
  'nmi' | 'nmiSchedule' | 'onTrace' | 'onSerial'
> {
  /** What to call the guest. */
  readonly name: string;
  readonly schedule: ScheduleSpec;
  /** All, unless given. */
  readonly deliveries?: readonly StrategyName[] | undefined;
  /** For each run, time in HLT included. */
  readonly maxInstructions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Asked before each run: who is to be told of everything that happens in it. */
  readonly traceOf?: ((delivery: StrategyName) => TraceListener | undefined) | undefined;
  /** Told of each run when it is over: the whole result, with the reasons of merges and losses. */
  readonly onRun?: ((delivery: StrategyName, result: RunResult) => void) | undefined;
}

export interface Progress {
  readonly delivery: StrategyName;
  /** Runs that are complete, and runs in all. */
  readonly completed: number;
  readonly total: number;
  /** Instructions into the present run. */
  readonly time: number;
}

export interface Comparison {
  /** Name of the guest. */
  readonly guest: string;
  /** Instructions of the longest run among those that the guest ended itself; of the longest if it ended none. */
  readonly instructions: number;
  /** In the order asked for. */
  readonly runs: readonly DeliveryRun[];
}

/** requested = delivered + merged + pending + lost. */
export interface DeliveryRun {
  readonly delivery: string;
  readonly requested: number;
  /** NMIs whose handler ran. */
  readonly delivered: number;
  /** Requests that became part of another, as the architecture or the hypervisor has it. */
  readonly merged: number;
  /** Accepted, and not delivered when the run ended. */
  readonly pending: number;
  /** Accepted, and never to be delivered. */
  readonly lost: number;
  /** Most NMI handlers that were active at once; 1 unless NMIs nest. */
  readonly maxNesting: number;
  readonly exits: ExitTally;
  /** #VMEXITs that the delivery cost, without the kick that carries a request in. */
  readonly nmiExits: number;
  /** nmiExits / delivered; 0 without deliveries. */
  readonly exitsPerNmi: number;
  /** Instructions from request to first instruction of the handler; null without deliveries. */
  readonly latency: { readonly p50: number | null; readonly p99: number | null; readonly max: number | null };
  readonly stop: StopRecord;
  /** What the guest printed. */
  readonly serial: string;
}

/** #VMEXITs. The first four count those of NMI delivery only. */
export interface ExitTally {
  readonly nmi: number;
  readonly iret: number;
  readonly vintr: number;
  readonly db: number;
  /**
   * All others by name: the kick ('kick'), the guest's own ('ioio', 'hlt', 'nested-page-fault'…), and 'intr', the
   * interrupts that KVM sends itself to look again after an injection; these do count as NMI delivery.
   */
  readonly other: Readonly<Record<string, number>>;
}

/** A `StopReason` fit for JSON: addresses are hexadecimal strings. */
export type StopRecord = { readonly kind: StopReason['kind'] } & Readonly<Record<string, unknown>>;

/** Runs the guest under each delivery, one after the other. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  requireOptions('compare', options);
  const {
    name,
    schedule,
    deliveries = STRATEGY_NAMES,
    maxInstructions,
    signal,
    onProgress,
    onRun,
    traceOf,
    ...vmOptions
  } = options;
  const runs: DeliveryRun[] = [];
  const results: RunResult[] = [];
  for (const [completed, delivery] of deliveries.entries()) {
    const report = (time: number): void =>
      onProgress?.({ delivery, completed, total: deliveries.length, time });
    report(0);
    const nmiSchedule = startSchedule(schedule);
    const vm = await createVm({ ...vmOptions, nmi: delivery, nmiSchedule, onTrace: traceOf?.(delivery) });
    const result = await vm.runAsync({ maxInstructions, signal, onSlice: report });
    results.push(result);
    runs.push(summarize(delivery, result));
    onRun?.(delivery, result);
    if (result.stop.kind === 'cancelled') break;
  }
  return { guest: name, instructions: instructionsOf(results), runs };
}

function instructionsOf(results: readonly RunResult[]): number {
  const ended = results.filter(({ stop }) => stop.kind === 'exit' || stop.kind === 'halted');
  return Math.max(0, ...(ended.length > 0 ? ended : results).map(({ instructions }) => instructions));
}

/** One run's row of the comparison. */
export function summarize(delivery: string, { nmi, exits, stop, serialText }: RunResult): DeliveryRun {
  const nmiExits = exits.reduce((sum, exit) => sum + (exit.cause === 'nmi-delivery' ? exit.count : 0), 0);
  const { requested, delivered, merged, pending, lost, maxNesting } = nmi;
  return {
    delivery,
    requested,
    delivered,
    merged,
    pending,
    lost,
    maxNesting,
    exits: tally(exits),
    nmiExits,
    exitsPerNmi: delivered === 0 ? 0 : nmiExits / delivered,
    latency: distribution(nmi.latencies) ?? { p50: null, p99: null, max: null },
    stop: toRecord(stop),
    serial: serialText,
  };
}

const OWN_COLUMNS = ['nmi', 'iret', 'vintr', 'db'] as const;
type OwnColumn = (typeof OWN_COLUMNS)[number];

function tally(exits: readonly ExitCount[]): ExitTally {
  const own: Record<OwnColumn, number> = { nmi: 0, iret: 0, vintr: 0, db: 0 };
  const other: Record<string, number> = {};
  for (const { name, cause, count } of exits) {
    const column = OWN_COLUMNS.find((candidate) => candidate === name);
    if (column && cause === 'nmi-delivery') own[column] += count;
    else {
      const key = cause === 'kick' ? 'kick' : name;
      other[key] = (other[key] ?? 0) + count;
    }
  }
  return { ...own, other };
}

function toRecord(stop: StopReason): StopRecord {
  const entries = Object.entries(stop).map(([key, value]: [string, unknown]) => {
    const isAddress = typeof value === 'bigint' || key === 'gpa';
    return [key, isAddress ? `0x${(value as bigint | number).toString(16)}` : value];
  });
  return Object.fromEntries(entries) as StopRecord;
}

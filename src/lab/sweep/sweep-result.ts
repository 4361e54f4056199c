/**
 * A sweep's result as `vmexit sweep --json` writes it; its names are an interface. A file of a part of a sweep, one shard or
 * one that was interrupted, has the same form with fewer units.
 */
import type { NumberRuns } from './number-runs.js';

export const SWEEP_FORMAT = 'vmexit-sweep';
/** Raised when the meaning of a name changes. */
export const SWEEP_VERSION = 1;

/** What is swept. Results of two sweeps can be joined if and only if this is the same. */
export interface SweepPlan {
  readonly guest: string;
  /** SHA-256 of the guest as it lies in memory, and of its entry state. */
  readonly guestHash: string;
  readonly memoryBytes: number;
  readonly cpu: string;
  readonly seed: string;
  readonly deliveries: readonly string[];
  /** The first boundary, in the machine's time; null: where the guest asks for its first NMI itself, else 0. */
  readonly from: number | null;
  /** Where it ends, not included; null: with the guest. */
  readonly to: number | null;
  /** Only boundaries before an instruction of this symbol; null: all. */
  readonly symbol: string | null;
  /** Whether a second NMI comes at every boundary of the handler's run. */
  readonly pairs: boolean;
  /** What the handler may write, as `symbol:bytes` or `from-to`. */
  readonly mayWrite: readonly string[];
  /** Numbers that the guest prints may differ. */
  readonly outputFollows: boolean;
  /** Most instructions from request to handler; null: as many as masks and shadows explain. */
  readonly latencyBound: number | null;
  /** Most instructions from a request until the handler is back. */
  readonly handlerLimit: number;
  /** Most instructions of the guest's own run. */
  readonly maxInstructions: number;
  /** Names of the invariants, in the order of the bits in `broken`. */
  readonly invariants: readonly string[];
  /** Instructions of the baseline to a unit of work. */
  readonly unitInstructions: number;
  /** Violations of one invariant under one delivery that are reported in full. */
  readonly violationLimit: number;
}

export interface SweepViolation {
  readonly invariant: string;
  readonly message: string;
  /** Whose doing it is; null where that is not known. */
  readonly blame: 'guest' | 'hypervisor' | null;
  readonly delivery: string;
  /** When the NMI was requested; null: the guest's own run, without an NMI of the sweep. */
  readonly at: number | null;
  /** When the second one was; null without one. */
  readonly second: number | null;
  /** When it happened, in the machine's time. */
  readonly time: number;
  /** The boundary: hexadecimal, and as symbol and offset. */
  readonly boundary: { readonly rip: string; readonly place: string };
  /** The instruction that the violation is about. */
  readonly rip: string;
  readonly place: string;
  /** Instructions around it, the one itself marked. */
  readonly disassembly: readonly string[];
  /** What happened from the request on, one line an event. */
  readonly timeline: readonly string[];
  /** A command that shows it. */
  readonly reproduce: string;
  /** The line of the guest's source that the instruction is of; null where that is not known. */
  readonly source: string | null;
  /** A recording of it for `vmexit replay`, by path; null if there is none. */
  readonly replay: string | null;
}

/** Boundaries of one unit, column by column. */
export interface SweepPoints {
  /** The machine's time of the first; then the distance to each further one. */
  readonly first: number;
  readonly distances: NumberRuns;
  /** Instructions from request to handler; -1 where none ran. With `pairs` the most of all second NMIs. */
  readonly latency: NumberRuns;
  /** #VMEXITs for NMI delivery. With `pairs` the most. */
  readonly exits: NumberRuns;
  /** Bit i: `plan.invariants[i]` was broken. */
  readonly broken: NumberRuns;
}

export interface SweepUnit {
  readonly delivery: string;
  /** Units of one delivery are counted from 0, in the order of time. */
  readonly index: number;
  readonly boundaries: number;
  /** Runs of an NMI handler that were looked at: one a boundary, more with `pairs`. */
  readonly probes: number;
  readonly points: SweepPoints;
  /** How often each invariant was broken, in probes. */
  readonly broken: Readonly<Record<string, number>>;
  /** The first of each invariant. */
  readonly violations: readonly SweepViolation[];
}

/** The guest's own run under one delivery. */
export interface SweepBaseline {
  readonly delivery: string;
  /** The machine's time at its end. */
  readonly time: number;
  readonly instructions: number;
  readonly stop: string;
  /** What it did wrong without an NMI of the sweep. */
  readonly violations: readonly SweepViolation[];
}

export interface SweepResult {
  readonly format: typeof SWEEP_FORMAT;
  readonly version: typeof SWEEP_VERSION;
  /** What made it: results of another version are not joined with it. */
  readonly producer: string;
  readonly plan: SweepPlan;
  readonly baselines: readonly SweepBaseline[];
  /** Units that are done, by delivery in the order of the plan and then by index. */
  readonly units: readonly SweepUnit[];
  /** Units in all, by delivery in the order of the plan. */
  readonly unitCounts: readonly number[];
}

/** The same result with each violation as `change` makes it. */
export function mapViolations(
  result: SweepResult,
  change: (violation: SweepViolation) => SweepViolation,
): SweepResult {
  const inPart = <T extends SweepBaseline | SweepUnit>(part: T): T => ({
    ...part,
    violations: part.violations.map(change),
  });
  return { ...result, baselines: result.baselines.map(inPart), units: result.units.map(inPart) };
}

export function isComplete({ units, unitCounts }: SweepResult): boolean {
  return units.length === unitCounts.reduce((sum, count) => sum + count, 0);
}

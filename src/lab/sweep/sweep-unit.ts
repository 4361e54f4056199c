/** Walks the baseline from boundary to boundary through one unit of work, and probes at each of them. */
import type { Baseline } from './baseline.js';
import type { Breach, Invariant } from './invariants/invariant.js';
import { encodeRuns } from './number-runs.js';
import type { Observation } from './observation.js';
import type { Prober } from './probe.js';
import type { SweepMachine } from './sweep-machine.js';
import type { SweepUnit, SweepViolation } from './sweep-result.js';
import { toViolation, type ViolationContext } from './violation.js';

export interface UnitSettings {
  readonly delivery: string;
  readonly pairs: boolean;
  /** By name. */
  readonly invariants: ReadonlyMap<string, Invariant>;
  readonly violationLimit: number;
  /** Whether a boundary before this instruction counts. */
  readonly isWanted: (rip: bigint) => boolean;
  readonly context: ViolationContext;
}

/** What is found at one boundary. */
interface Point {
  readonly time: number;
  latency: number;
  exits: number;
  broken: number;
}

export class UnitSweep {
  constructor(
    private readonly machine: SweepMachine,
    private readonly baseline: Baseline,
    private readonly prober: Prober,
    private readonly settings: UnitSettings,
  ) {}

  /** Probes at every boundary with `from` <= time < `to`. `onBoundary` may end it early by giving false: the result is null. */
  run(index: number, from: number, to: number, onBoundary?: () => boolean): SweepUnit | null {
    const { machine } = this;
    const tally = new Tally(this.settings);
    this.prober.beginUnit();
    if (machine.vm.time > from) machine.returnTo(this.baseline.start);
    let stop = machine.runTo(from);
    let wasAsleep = false;
    while (stop.kind === 'budget' && machine.vm.time < to) {
      const { isAsleep } = machine.vm.nmiState;
      const isNew = !(isAsleep && wasAsleep);
      wasAsleep = isAsleep;
      if (isNew && this.settings.isWanted(machine.vm.registers.get('rip'))) {
        this.probeHere(tally);
        if (onBoundary?.() === false) return null;
      }
      stop = machine.runTo(machine.vm.time + 1);
    }
    return tally.toUnit(index);
  }

  private probeHere(tally: Tally): void {
    const { machine, prober, settings } = this;
    const mark = machine.mark();
    const seen = prober.probe(mark, null);
    tally.add(seen);
    if (settings.pairs) for (const second of secondTimes(seen)) tally.add(prober.probe(mark, second));
    this.machine.release(mark);
  }
}

/** Every boundary from the request until the handler has returned. */
function secondTimes({ at, outcome }: Observation): number[] {
  if (at === null || outcome.kind !== 'returned') return [];
  return Array.from({ length: outcome.at - at + 1 }, (_, i) => at + i);
}

/** Keeps what a unit finds. */
class Tally {
  private readonly points: Point[] = [];
  private readonly broken: Record<string, number> = {};
  private readonly violations: SweepViolation[] = [];
  private probes = 0;

  constructor(private readonly settings: UnitSettings) {}

  add(seen: Observation): void {
    this.probes++;
    const point = this.pointAt(seen.at ?? 0);
    point.latency = Math.max(point.latency, latencyOf(seen));
    point.exits = Math.max(point.exits, exitsOf(seen));
    let bit = 1;
    for (const [name, invariant] of this.settings.invariants) {
      const breach = invariant(seen);
      if (breach !== null) {
        point.broken |= bit;
        this.keep(name, breach, seen);
      }
      bit *= 2;
    }
  }

  toUnit(index: number): SweepUnit {
    const { points, broken, violations, probes, settings } = this;
    const times = points.map(({ time }) => time);
    return {
      delivery: settings.delivery,
      index,
      boundaries: points.length,
      probes,
      points: {
        first: times[0] ?? 0,
        distances: encodeRuns(times.slice(1).map((time, i) => time - (times[i] ?? 0))),
        latency: encodeRuns(points.map(({ latency }) => latency)),
        exits: encodeRuns(points.map(({ exits }) => exits)),
        broken: encodeRuns(points.map((point) => point.broken)),
      },
      broken,
      violations,
    };
  }

  private keep(name: string, breach: Breach, seen: Observation): void {
    const { violationLimit, context } = this.settings;
    const count = (this.broken[name] ?? 0) + 1;
    this.broken[name] = count;
    if (count <= violationLimit) this.violations.push(toViolation(name, breach, seen, context));
  }

  private pointAt(time: number): Point {
    const last = this.points.at(-1);
    if (last?.time === time) return last;
    const point = { time, latency: -1, exits: 0, broken: 0 };
    this.points.push(point);
    return point;
  }
}

function latencyOf({ requests }: Observation): number {
  const waits = requests.map(({ fate, requestedAt, settledAt }) =>
    fate === 'delivered' && settledAt !== null ? settledAt - requestedAt : -1,
  );
  return Math.max(-1, ...waits);
}

function exitsOf({ events }: Observation): number {
  return events.filter((event) => event.kind === 'exit' && event.cause === 'nmi-delivery').length;
}

/** A result's numbers, for reports. */
import { decodeRuns } from './number-runs.js';
import type { SweepPoints, SweepResult, SweepViolation } from './sweep-result.js';

export interface DeliverySummary {
  readonly delivery: string;
  readonly boundaries: number;
  readonly probes: number;
  /** Instructions from request to handler, and #VMEXITs for delivery: the most at any boundary; null without boundaries. */
  readonly latency: number | null;
  readonly exits: number | null;
  /** Probes that broke each invariant, the guest's own run included. */
  readonly broken: Readonly<Record<string, number>>;
  /** The first violation of each invariant first. */
  readonly violations: readonly SweepViolation[];
}

export function summarizeSweep({ plan, baselines, units }: SweepResult): DeliverySummary[] {
  return plan.deliveries.map((delivery) => {
    const own = units.filter((unit) => unit.delivery === delivery);
    const violations = [...baselines, ...own].flatMap((part) =>
      part.delivery === delivery ? part.violations : [],
    );
    const broken: Record<string, number> = {};
    for (const { invariant, at } of violations)
      if (at === null) broken[invariant] = (broken[invariant] ?? 0) + 1;
    for (const unit of own)
      for (const [name, count] of Object.entries(unit.broken)) broken[name] = (broken[name] ?? 0) + count;
    return {
      delivery,
      boundaries: own.reduce((sum, { boundaries }) => sum + boundaries, 0),
      probes: own.reduce((sum, { probes }) => sum + probes, 0),
      latency: most(own.map(({ points }) => points.latency)),
      exits: most(own.map(({ points }) => points.exits)),
      broken,
      violations: limitEach(violations, plan.violationLimit),
    };
  });
}

export function countViolations(result: SweepResult): number {
  return summarizeSweep(result).reduce(
    (sum, { broken }) => sum + Object.values(broken).reduce((total, count) => total + count, 0),
    0,
  );
}

/** Times of a unit's boundaries. */
export function timesOf({ first, distances, latency }: SweepPoints): number[] {
  if (latency.length === 0) return [];
  let time = first;
  return [first, ...decodeRuns(distances).map((distance) => (time += distance))];
}

function most(columns: readonly SweepPoints['latency'][]): number | null {
  const values = columns.flatMap((runs) => runs.map(([value]) => value));
  return values.length === 0 ? null : Math.max(...values);
}

/** Units keep so many each; a delivery shows so many in all. */
function limitEach(violations: readonly SweepViolation[], limit: number): SweepViolation[] {
  const counts = new Map<string, number>();
  return violations.filter(({ invariant }) => {
    const count = (counts.get(invariant) ?? 0) + 1;
    counts.set(invariant, count);
    return count <= limit;
  });
}

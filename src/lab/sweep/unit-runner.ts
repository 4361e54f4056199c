/** Runs units of a plan, in this process: a machine for each delivery, made when it is first needed and then kept. */
import { UsageError } from '../../errors.js';
import { describeStop } from '../../hypervisor/run-result.js';
import { type Baseline, runBaseline } from './baseline.js';
import { observeBaseline } from './baseline-observation.js';
import { resolveRanges } from './handler-contract.js';
import { Prober } from './probe.js';
import { SweepMachine } from './sweep-machine.js';
import {
  deliveriesOf,
  invariantsOf,
  type PlannedDelivery,
  type SweepOptions,
  symbolRange,
} from './sweep-plan.js';
import type { SweepBaseline, SweepPlan, SweepUnit } from './sweep-result.js';
import { UnitSweep } from './sweep-unit.js';
import { toViolation } from './violation.js';

/** One delivery's machine with all that belongs to it. */
interface Stage {
  readonly baseline: Baseline;
  /** The first boundary. */
  readonly from: number;
  readonly summary: SweepBaseline;
  readonly units: UnitSweep;
}

export class UnitRunner {
  private readonly deliveries: readonly PlannedDelivery[];
  private readonly stages = new Map<string, Promise<Stage>>();

  constructor(
    private readonly options: SweepOptions,
    private readonly plan: SweepPlan,
  ) {
    this.deliveries = deliveriesOf(options);
  }

  /** The guest's own run under a delivery. */
  async baseline(delivery: string): Promise<SweepBaseline> {
    return (await this.stage(delivery)).summary;
  }

  /** Units of a delivery, as its baseline's length has them. */
  async unitCount(delivery: string): Promise<number> {
    const { to, unitInstructions } = this.plan;
    const { baseline, from } = await this.stage(delivery);
    const { time } = baseline;
    return Math.max(0, Math.ceil((Math.min(to ?? Infinity, time) - from) / unitInstructions));
  }

  /** @param onBoundary After each boundary; false ends the unit, and the result is null. */
  async run(delivery: string, index: number, onBoundary?: () => boolean): Promise<SweepUnit | null> {
    const { to, unitInstructions } = this.plan;
    const { from, units } = await this.stage(delivery);
    const start = from + index * unitInstructions;
    const end = Math.min(start + unitInstructions, to ?? Infinity);
    return units.run(index, start, end, onBoundary);
  }

  private stage(name: string): Promise<Stage> {
    const delivery = this.deliveries.find((candidate) => candidate.name === name);
    if (!delivery) throw new UsageError(`the sweep has no delivery ${JSON.stringify(name)}`);
    const known = this.stages.get(name) ?? this.prepare(delivery);
    this.stages.set(name, known);
    return known;
  }

  private async prepare({ name, nmi, promise }: PlannedDelivery): Promise<Stage> {
    const { options, plan } = this;
    const { guest, memoryBytes, cpu, seed, jit, symbol } = options;
    const { symbols } = guest;
    const machine = await SweepMachine.create({ guest, memoryBytes, cpu, seed, jit }, nmi);
    const invariants = invariantsOf(options);
    const context = { machine, symbols, command: options.command ?? `vmexit run ${plan.guest}` };
    const { baseline, seen } = observeBaseline(machine, name, promise, () =>
      runBaseline(machine, plan.maxInstructions, plan.outputFollows),
    );
    const violations = [...invariants].flatMap(([invariant, judge]) => {
      const breach = judge(seen);
      if (breach === null) return [];
      // Code is shown as the processor reads it then: guests change their mode.
      machine.returnTo(baseline.start);
      machine.runTo(breach.time ?? baseline.time);
      return [toViolation(invariant, breach, seen, context)];
    });
    machine.returnTo(baseline.start);
    const prober = new Prober(machine, baseline, {
      delivery: name,
      mayWrite: resolveRanges(plan.mayWrite, symbols),
      promise,
      latencyBound: plan.latencyBound,
      handlerLimit: plan.handlerLimit,
    });
    const range = symbol === undefined ? null : symbolRange(guest, symbol);
    const units = new UnitSweep(machine, baseline, prober, {
      delivery: name,
      pairs: plan.pairs,
      invariants,
      violationLimit: plan.violationLimit,
      isWanted: (rip) => range === null || (rip >= range.start && rip < range.end),
      context,
    });
    const { stop, time, instructions } = baseline;
    const summary = { delivery: name, time, instructions, stop: describeStop(stop), violations };
    return { baseline, from: plan.from ?? firstRequest(baseline), summary, units };
  }
}

/** By the time a guest asks for an NMI, its handler is in place. */
function firstRequest({ record }: Baseline): number {
  return record.events.find(({ kind }) => kind === 'nmi-request')?.time ?? 0;
}

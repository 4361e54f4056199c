/** Runs a scenario: sweeps its guest under the bug and under the fix, and looks at both where the bug first shows. */
import { createVm, type CreateVmOptions, DEFAULT_MEMORY_BYTES } from '../../create-vm.js';
import { InvariantError } from '../../errors.js';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../guests.js';
import type { CustomStrategy, StrategyName } from '../../hypervisor/nmi/strategies.js';
import type { TraceEvent } from '../../hypervisor/trace.js';
import type { LoadedGuest } from '../../loader/image.js';
import { parseContract, STRICT_CONTRACT } from '../sweep/handler-contract.js';
import { type DeliverySummary, summarizeSweep } from '../sweep/summary.js';
import { type RunSweepOptions, sweep } from '../sweep/sweep.js';
import type { SweepResult, SweepViolation } from '../sweep/sweep-result.js';
import { TimelineRecorder } from '../timeline/recorder.js';
import type { Timeline } from '../timeline/timeline.js';
import { brokenDelivery, type Scenario } from './scenario.js';

/** What happens under one strategy at the boundary where the bug shows. */
export interface ScenarioSide {
  readonly delivery: string;
  /** Invariants that the sweep found broken, and how often. */
  readonly broken: Readonly<Record<string, number>>;
  /** What is wrong at this boundary. */
  readonly violations: readonly SweepViolation[];
  /** From the request on, until the handlers are back. */
  readonly events: readonly TraceEvent[];
  /** The same, and a little of what was before, to be drawn. */
  readonly timeline: Timeline;
}

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly guest: LoadedGuest;
  /** Of the guest, in bytes. */
  readonly memoryBytes: number;
  /** The sweep under both. */
  readonly sweep: SweepResult;
  /** The first violation of the scenario's invariant; null if the sweep did not find any. */
  readonly found: SweepViolation | null;
  /** Null if nothing was found. */
  readonly sides: { readonly bug: ScenarioSide; readonly fix: ScenarioSide } | null;
  /** The sweep found the bug, and nothing in the fix. */
  readonly isShown: boolean;
}

/** A handler that goes round for ever needs no longer. */
const HANDLER_LIMIT = 2000;
/** Instructions after the request in which what there is to see has happened. */
const SHOWN_INSTRUCTIONS = 400;
/** Instructions before and after it that a drawing has, too. */
const DRAWN_AROUND = 4;

export async function runScenario(
  scenario: Scenario,
  options: Pick<RunSweepOptions, 'onProgress' | 'signal' | 'producer'> = {},
): Promise<ScenarioResult> {
  const { fix, range } = scenario;
  const { guest, contract, memoryBytes } = await loadGuestOf(scenario);
  const result = await sweep({
    ...options,
    ...contract,
    ...range,
    name: scenario.guest,
    guest,
    memoryBytes,
    deliveries: [brokenDelivery(scenario), fix],
    handlerLimit: HANDLER_LIMIT,
  });
  const found = firstOf(scenario, result);
  const sides = found === null ? null : await lookAtBoth(scenario, result, found, { guest, memoryBytes });
  const isShown = found !== null && Object.keys(summaryOf(fix, result).broken).length === 0;
  return { scenario, guest, memoryBytes, sweep: result, found, sides, isShown };
}

async function loadGuestOf(scenario: Scenario) {
  const shipped = await findShippedGuest(scenario.guest);
  const memoryBytes = DEFAULT_MEMORY_BYTES;
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), memoryBytes);
  const contract = shipped.handler === null ? STRICT_CONTRACT : parseContract(shipped.handler);
  return { guest, contract, memoryBytes };
}

/** What shows at an NMI of the sweep is easier to follow than what shows at one of the guest's own. */
function firstOf({ name, invariant }: Scenario, result: SweepResult): SweepViolation | null {
  const own = summaryOf(name, result).violations.filter((violation) => violation.invariant === invariant);
  return own.find(({ at }) => at !== null) ?? own[0] ?? null;
}

function summaryOf(delivery: string, result: SweepResult): DeliverySummary {
  const summary = summarizeSweep(result).find((one) => one.delivery === delivery);
  if (summary === undefined) throw new InvariantError(`nobody swept ${delivery}`);
  return summary;
}

async function lookAtBoth(
  scenario: Scenario,
  result: SweepResult,
  found: SweepViolation,
  machine: Pick<CreateVmOptions, 'guest' | 'memoryBytes'>,
): Promise<{ readonly bug: ScenarioSide; readonly fix: ScenarioSide }> {
  const look = async (delivery: string, nmi: StrategyName | CustomStrategy): Promise<ScenarioSide> => {
    const { broken, violations } = summaryOf(delivery, result);
    return {
      delivery,
      broken,
      violations: violations.filter(({ at, second }) => at === found.at && second === found.second),
      ...(await eventsAt(found, { ...machine, nmi }, scenario.guest)),
    };
  };
  const [bug, fix] = await Promise.all([
    look(scenario.name, brokenDelivery(scenario)),
    look(scenario.fix, scenario.fix),
  ]);
  return { bug, fix };
}

/** The guest runs to the boundary as it is, and from there on with the NMIs that were tried. */
async function eventsAt(
  { at, second, delivery }: SweepViolation,
  machine: CreateVmOptions,
  guest: string,
): Promise<Pick<ScenarioSide, 'events' | 'timeline'>> {
  const start = at ?? 0;
  const times = [at, second].filter((time) => time !== null);
  const all: TraceEvent[] = [];
  const vm = await createVm({ ...machine, nmiSchedule: times, onTrace: (event) => all.push(event) });
  vm.run({ maxInstructions: start + SHOWN_INSTRUCTIONS });
  const later = all.filter(({ kind, time }) => kind !== 'serial' && time >= start);
  const events = untilSettled(later, times.length);
  const end = (events.at(-1)?.time ?? start) + DRAWN_AROUND;
  const from = Math.max(0, start - DRAWN_AROUND);
  const strategy = typeof machine.nmi === 'object' ? machine.nmi.name : (machine.nmi ?? delivery);
  const recorder = new TimelineRecorder({ guest, strategy, start: from, from, to: end });
  for (const event of all) if (event.time <= end) recorder.listen(event);
  return { events, timeline: recorder.timeline(end, null) };
}

/** Up to the return of the handler of the last NMI that was tried, and what comes with it. */
function untilSettled(events: readonly TraceEvent[], wanted: number): TraceEvent[] {
  let requested = 0;
  let waiting = 0;
  let running = 0;
  for (const event of events) {
    if (event.kind === 'nmi-request') [requested, waiting] = [requested + 1, waiting + 1];
    else if (event.kind === 'nmi-merge' || event.kind === 'nmi-lost') waiting--;
    else if (event.kind === 'nmi-deliver') [waiting, running] = [waiting - 1, event.running];
    else if (event.kind === 'nmi-return') running = event.running;
    else continue;
    if (requested >= wanted && waiting === 0 && running === 0)
      return events.filter(({ time }) => time <= event.time);
  }
  return [...events];
}

/** What a scenario is: a bug of a real hypervisor as a delivery strategy, its fix, and a guest that shows the difference. */
import type { DeliveryHost, NmiDelivery } from '../../hypervisor/nmi/delivery.js';
import type { StrategyName } from '../../hypervisor/nmi/strategies.js';
import { EXIT_PROMISES } from '../sweep/exit-promises.js';
import type { InvariantName } from '../sweep/invariants.js';
import type { SweptDelivery } from '../sweep/sweep-plan.js';

export interface Scenario {
  /** Also that of the broken strategy, and of its file. */
  readonly name: string;
  /** What is wrong, in one line. */
  readonly title: string;
  /** What the code did and what came of it, in one paragraph. */
  readonly story: string;
  /** Where the bug is on record; or that it is a class of bugs, and who guards against it. */
  readonly origin: string;
  /** Makes the broken strategy. */
  readonly create: (host: DeliveryHost) => NmiDelivery;
  /** The strategy that is right where the broken one is wrong, and the same otherwise. */
  readonly fix: StrategyName;
  readonly change: CodeChange;
  /** The shipped guest that shows it. */
  readonly guest: string;
  /** Where in it an NMI, or two, are tried. */
  readonly range: { readonly from: number; readonly to: number; readonly pairs: boolean };
  /** The invariant of the sweep that the broken strategy breaks. */
  readonly invariant: InvariantName;
}

/** Lines that the two strategies differ in, as their sources have them. */
export interface CodeChange {
  readonly bug: readonly string[];
  /** In `src`; the broken strategy is in that of its scenario. */
  readonly fixFile: string;
  readonly fix: readonly string[];
}

/** What the reports of a scenario's result may have besides. */
export interface ScenarioReportOptions {
  /** Where in its source the instruction at an address stands. */
  readonly sourceOf?: ((address: bigint) => string | undefined) | undefined;
  /** Recordings of both sides, by path. */
  readonly replays?: { readonly bug: string; readonly fix: string } | undefined;
}

/** The broken strategy, for a sweep: it promises what its fix does. */
export function brokenDelivery({ name, create, fix }: Scenario): Extract<SweptDelivery, object> {
  return { name, create, promise: EXIT_PROMISES[fix] };
}

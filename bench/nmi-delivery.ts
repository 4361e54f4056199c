/**
 * What an NMI costs under each way of delivering it: #VMEXITs, and time.
 *
 * The guest is nmi-storm, which works out a checksum and notices if an NMI changes anything. The time of a run without
 * NMIs is taken off; what is left includes the kick that carries the request in, and the handler's instructions.
 */
import {
  createVm,
  InvariantError,
  type RunResult,
  STRATEGY_NAMES,
  type StrategyName,
  summarize,
  type Vm,
} from '../src/index.js';
import { scale, subtract } from './estimate.js';
import { type Budget, measure, type Timing, type Work } from './measure.js';
import { type Result, type Section, timedResult } from './section.js';
import { readStorm, type Storm } from './storm.js';

/** Instructions between NMIs: a run is mostly NMIs, yet none finds the handler of the one before. */
const PERIOD = 300;
const MS_TO_US = 1000;
/** The run without NMIs: no strategy has anything to do in it. */
const QUIET = 'without NMIs';

class StormRuns implements Work {
  #vm: Vm | undefined;
  #last: RunResult | undefined;

  constructor(
    private readonly storm: Storm,
    private readonly nmi: StrategyName | typeof QUIET,
  ) {}

  readonly prepare = async (): Promise<void> => {
    const { guest, nmiFrom } = this.storm;
    const delivery = this.nmi === QUIET ? {} : { nmi: this.nmi, nmiSchedule: timesFrom(nmiFrom, PERIOD) };
    this.#vm = await createVm({ guest, ...delivery });
  };

  readonly sample = (): void => {
    this.#last = this.#vm?.run();
  };

  /** Of the last sample; all are the same. */
  get result(): RunResult {
    const last = this.#last;
    if (last?.stop.kind !== 'exit' || last.stop.status !== 0)
      throw new InvariantError(
        `nmi-storm, ${this.nmi}: expected status 0, got ${JSON.stringify(last?.stop)}`,
      );
    return last;
  }
}

export async function measureNmiDelivery(budget: Budget): Promise<Section> {
  const storm = await readStorm();
  const names = [QUIET, ...STRATEGY_NAMES] as const;
  const works = Object.fromEntries(names.map((name) => [name, new StormRuns(storm, name)])) as Record<
    (typeof names)[number],
    StormRuns
  >;
  const timings = await measure(works, budget);
  return {
    name: 'nmi',
    title: 'NMI delivery, on nmi-storm',
    unit: 'us/NMI',
    reading:
      'exits/NMI: the #VMEXITs of delivery; us/NMI: kick, delivery and handler, the work apart; less is better.',
    results: STRATEGY_NAMES.map((name) => perNmi(name, works[name].result, timings[name], timings[QUIET])),
  };
}

function perNmi(name: string, run: RunResult, storm: Timing, quiet: Timing): Result {
  const { delivered, exitsPerNmi } = summarize(name, run);
  const each = (clock: keyof Timing) => scale(subtract(storm[clock], quiet[clock]), MS_TO_US / delivered);
  const result = timedResult(name, each('processor'), each('wall'), null);
  return { ...result, details: { NMIs: delivered, 'exits/NMI': exitsPerNmi } };
}

function* timesFrom(first: number, period: number): Generator<number> {
  for (let at = first; ; at += period) yield at;
}

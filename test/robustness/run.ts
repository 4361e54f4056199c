/** A run of robustness cases in one mode: batches, each reproducible by its seed. */
import { Stop } from '../../assembly/abi/stop.js';
import { Random } from '../silicon/random.js';
import { CodeSource } from './code.js';
import type { Mode } from './modes.js';
import type { TierPair } from './tiers.js';

/** Cases that share a generator, and begin with empty caches. */
export const BATCH = 2000;
/** Cases that share tables, page permissions and handlers. */
const SETTING = 25;

export interface Failure {
  readonly mode: string;
  readonly seed: number;
  readonly index: number;
  readonly bytes: string;
  readonly what: string;
  /** The machines are in no state to go on. */
  readonly isFinal: boolean;
}

export interface Tally {
  cases: number;
  readonly failures: Failure[];
  /** How cases ended: a `Stop`'s name, and how often. */
  readonly ends: Record<string, number>;
}

export function newTally(): Tally {
  return { cases: 0, failures: [], ends: {} };
}

/** Runs cases of a seed; `onCase` is told before each one, so that somebody else can tell which one does not end. */
export function runBatch(
  pair: TierPair,
  mode: Mode,
  seed: number,
  count: number,
  onCase: (index: number, bytes: Uint8Array) => void = () => undefined,
): Tally {
  const random = new Random(seed);
  const source = new CodeSource(mode.bits, random);
  const tally = newTally();
  pair.reset();
  for (let index = 0; index < count; index++) {
    if (index % SETTING === 0) pair.newSetting(mode, random);
    const code = source.next();
    onCase(index, code.bytes);
    const { end, what } = outcomeOf(() => pair.run(mode, code, random));
    tally.cases++;
    tally.ends[end] = (tally.ends[end] ?? 0) + 1;
    const bytes = Buffer.from(code.bytes).toString('hex');
    const isFinal = end === 'threw';
    if (what !== '') tally.failures.push({ mode: mode.name, seed, index, bytes, what, isFinal });
    if (isFinal) break;
  }
  return tally;
}

function outcomeOf(run: () => { stop: Stop; difference: string }): { end: string; what: string } {
  try {
    const { stop, difference } = run();
    return { end: Stop[stop], what: difference };
  } catch (error) {
    return { end: 'threw', what: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

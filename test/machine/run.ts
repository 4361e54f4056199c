/** Runs scenarios in both tiers of vmexit and in the emulators that are installed, and judges what came out. */
import { bochs, type Emulator, qemu } from './emulators.js';
import { buildImage } from './image.js';
import { type Comparison, compare } from './compare.js';
import { type Outcome, readOutcomes } from './outcome.js';
import type { Scenario } from './scenario.js';
import { compiledTier, runInVmexit } from './vmexit-subject.js';

/** So many fit into a ROM. */
const BATCH = 1500;
/** The outcome of a scenario that printed nothing: the emulator was lost in it. */
const STUCK: Outcome = new Map([['stuck', 1]]);

export interface Verdict {
  readonly emulator: Emulator;
  readonly comparison: Comparison;
  /** Unexplained, but the other emulator agrees with vmexit in everything. */
  readonly outvoted: number;
  /** Unexplained, and nobody else says otherwise: somebody has to decide. */
  readonly open: Comparison['unexplained'];
}

/** Bochs before QEMU: that leaves out so much that its disagreement alone decides nothing. */
export async function runAll(scenarios: readonly Scenario[]): Promise<Verdict[]> {
  const emulators = [compiledTier, bochs, qemu].filter((emulator) => emulator.isPresent());
  const [ours, ...theirs] = await Promise.all([
    runBatches(scenarios, (image) => runInVmexit(image)),
    ...emulators.map((emulator) => runBatches(scenarios, (image) => emulator.run(image))),
  ]);
  const comparisons = emulators.map((emulator, i) =>
    compare(scenarios, ours, theirs[i] ?? new Map<number, Outcome>(), emulator.rulings),
  );
  return emulators.map((emulator, i) => {
    const comparison = comparisons[i]!;
    const other = emulator === qemu ? comparisons[emulators.indexOf(bochs)] : undefined;
    const open = comparison.unexplained.filter(({ index }) => !other?.agreed.has(index));
    return { emulator, comparison, outvoted: comparison.unexplained.length - open.length, open };
  });
}

async function runBatches(
  scenarios: readonly Scenario[],
  run: (image: Uint8Array) => Promise<string>,
): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>();
  for (let next = 0; next < scenarios.length;) {
    const batch = scenarios.slice(next, next + BATCH);
    const part = readOutcomes(await run(buildImage(batch)));
    for (const [index, outcome] of part) outcomes.set(next + index, outcome);
    if (part.size < batch.length) outcomes.set(next + part.size, STUCK);
    next += Math.min(part.size + 1, batch.length);
  }
  return outcomes;
}

/** vmexit's outcomes against an emulator's: what differs, and which recorded decision explains it. */
import type { Outcome } from './outcome.js';
import type { Difference, Ruling } from './ruling.js';
import type { Scenario } from './scenario.js';

const NOTHING: Outcome = new Map();
/** The name of a doubleword of memory is its address. */
const MEMORY = /^[0-9A-F]+$/;

export interface Disagreement {
  readonly index: number;
  readonly scenario: Scenario;
  readonly differences: readonly Difference[];
  readonly ours: Outcome | undefined;
  readonly theirs: Outcome | undefined;
}

export interface Comparison {
  /** Scenarios in which nothing differs, by their numbers. */
  readonly agreed: ReadonlySet<number>;
  /** Scenarios that each ruling explains, alone or with others. */
  readonly ruled: ReadonlyMap<Ruling, number>;
  /** What no ruling explains. */
  readonly unexplained: readonly Disagreement[];
}

export function compare(
  scenarios: readonly Scenario[],
  ours: ReadonlyMap<number, Outcome>,
  theirs: ReadonlyMap<number, Outcome>,
  rulings: readonly Ruling[],
): Comparison {
  const ruled = new Map<Ruling, number>();
  const unexplained: Disagreement[] = [];
  const agreed = new Set<number>();
  scenarios.forEach((scenario, index) => {
    const [our, their] = [ours.get(index), theirs.get(index)];
    const differences = differencesBetween(scenario, our, their);
    if (differences.length === 0 && our !== undefined) {
      agreed.add(index);
      return;
    }
    const left = our && their ? explain(differences, { scenario, ours: our, theirs: their }) : undefined;
    if (left === undefined) unexplained.push({ index, scenario, differences, ours: our, theirs: their });
    else for (const ruling of left) ruled.set(ruling, (ruled.get(ruling) ?? 0) + 1);
  });
  return { agreed, ruled, unexplained };

  /** The rulings that together explain all differences; undefined if they do not. */
  function explain(
    differences: readonly Difference[],
    context: { scenario: Scenario; ours: Outcome; theirs: Outcome },
  ): Set<Ruling> | undefined {
    const used = new Set<Ruling>();
    for (const difference of differences) {
      const ruling = rulings.find((candidate) => candidate.explains(difference, context));
      if (ruling === undefined) return undefined;
      used.add(ruling);
    }
    return used;
  }
}

/** A shutdown differs from everything else in a field of its own. */
function differencesBetween(
  scenario: Scenario,
  ours: Outcome = NOTHING,
  theirs: Outcome = NOTHING,
): Difference[] {
  const fields = [...new Set([...ours.keys(), ...theirs.keys()])];
  return fields
    .map((field) => {
      const before = MEMORY.test(field) ? scenario.arena.getU32(parseInt(field, 16)) : undefined;
      return {
        field,
        before,
        ours: ours.get(field) ?? before ?? 0,
        theirs: theirs.get(field) ?? before ?? 0,
      };
    })
    .filter((difference) => difference.ours !== difference.theirs);
}

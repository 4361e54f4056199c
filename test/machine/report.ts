/** Disagreements in words, and the results as the conformance page takes them. */
import type { ResultFile, ResultRow } from '../conformance/results.js';
import type { Disagreement } from './compare.js';
import { Kind, type Scenario } from './scenario.js';
import type { Verdict } from './run.js';

const MOST_FIELDS = 12;
const MODES: Record<Kind, string> = {
  [Kind.Protected]: '32-bit, v86',
  [Kind.Long]: '64-bit, compatibility',
  [Kind.Real]: 'real',
};

/** One line for the scenario, one for what differs: vmexit's value first. */
export function describeDisagreement({ index, scenario, differences, ours, theirs }: Disagreement): string {
  const head = `#${index} ${scenario.group}: ${scenario.name}`;
  if (theirs === undefined || ours === undefined) return `${head}\n    no outcome`;
  const fields = differences.map(
    (difference) => `${difference.field} ${hex(difference.ours)}/${hex(difference.theirs)}`,
  );
  return `${head}\n    ${fields.slice(0, MOST_FIELDS).join(', ')}${fields.length > MOST_FIELDS ? '…' : ''}`;
}

function hex(value: number): string {
  return value.toString(16);
}

export function toResult(
  scenarios: readonly Scenario[],
  verdicts: readonly Verdict[],
  args: readonly string[],
): ResultFile {
  return {
    command: ['npm run machine --', ...args].join(' '),
    title: 'System behaviour',
    summary:
      'Generated scenarios of system mode, the same program in each: the registers and all memory that changed, at the ' +
      'first event. vmexit interprets; the compiled tier is compared with that like an emulator. Differences are decided by ' +
      'the manual; where QEMU alone differs and Bochs agrees with vmexit in every field, QEMU is outvoted.',
    rows: verdicts.flatMap((verdict) => toRows(scenarios, verdict)),
    deviations: verdicts.flatMap(({ emulator, comparison }) =>
      [...comparison.ruled].map(([{ text }, cases]) => {
        const colon = text.indexOf(': ');
        return { name: `${emulator.name}: ${text.slice(0, colon)}`, reason: text.slice(colon + 2), cases };
      }),
    ),
    unmeasured: ['UMIP: no model of an AMD processor in Bochs 2.7 has it'],
  };
}

/** One row for each group of scenarios and mode. */
function toRows(
  scenarios: readonly Scenario[],
  { emulator, comparison, open, outvoted }: Verdict,
): ResultRow[] {
  const cases = new Map<string, number>();
  const keyOf = ({ group, kind }: Scenario): string => `${group}\n${MODES[kind]}`;
  for (const scenario of scenarios) cases.set(keyOf(scenario), (cases.get(keyOf(scenario)) ?? 0) + 1);
  return [...cases].map(([key, count]) => {
    const [group = '', mode = ''] = key.split('\n');
    const isHere = (scenario: Scenario): boolean => keyOf(scenario) === key;
    const agreed = scenarios.filter((scenario, index) => isHere(scenario) && comparison.agreed.has(index));
    const differing = open.filter(({ scenario }) => isHere(scenario)).length;
    const lost =
      outvoted > 0 ? comparison.unexplained.filter((one) => isHere(one.scenario)).length - differing : 0;
    const notes = `${agreed.length} equal, ${count - agreed.length - differing - lost} decided, ${lost} outvoted`;
    return { group, oracle: emulator.name, mode, cases: count, differing, notes };
  });
}

/** What the reports of a scenario show, whatever their form: section by section, bug and fix side by side. */
import { describeEvent } from '../describe-event.js';
import { summarizeSweep } from '../sweep/summary.js';
import type { SweepViolation } from '../sweep/sweep-result.js';
import type { ScenarioResult, ScenarioSide } from './run-scenario.js';
import type { ScenarioReportOptions } from './scenario.js';
import { alignLines, type Pair } from './two-columns.js';

export interface Section {
  readonly title: string;
  /** What is said of both. */
  readonly lines: readonly string[];
  readonly pairs: readonly Pair[];
}

export function sectionsOf(result: ScenarioResult, options: ScenarioReportOptions): Section[] {
  const { scenario, sweep, found, sides } = result;
  const { bug, fix, fixFile } = scenario.change;
  const { plan } = sweep;
  const probes = sweep.units.reduce((sum, unit) => sum + unit.probes, 0);
  const kind = plan.pairs ? 'two NMIs' : 'an NMI';
  const sections: Section[] = [
    {
      title: 'The code',
      lines: [],
      pairs: alignLines([`src/lab/scenarios/${scenario.name}.ts`, ...bug], [`src/${fixFile}`, ...fix]),
    },
    {
      title: `The sweep: ${kind} at every boundary of ${plan.guest} from ${plan.from} to ${plan.to}, ${probes} runs`,
      lines: [],
      pairs: alignLines([foundUnder(scenario.name, result)], [foundUnder(scenario.fix, result)]),
    },
  ];
  if (found === null || sides === null) return sections;
  const verdicts = alignLines(verdictOf(sides.bug), verdictOf(sides.fix));
  return [
    ...sections,
    { title: `For example, ${placeOf(found, options)}`, lines: found.disassembly, pairs: [] },
    { title: 'What happens, and how many instructions later', lines: [], pairs: eventPairs(result) },
    { title: 'What is wrong', lines: [], pairs: verdicts },
    { title: 'Again', lines: commandsOf(found, sides, options), pairs: [] },
  ];
}

function eventPairs({ guest, found, sides }: ScenarioResult): Pair[] {
  const linesOf = (events: ScenarioSide['events'] = []): string[] =>
    events.map((event) => {
      const time = `+${event.time - (found?.at ?? 0)}`.padStart(4);
      return `${time}  ${describeEvent(event)}, ${guest.symbols.format(event.rip)}`;
    });
  return alignLines(linesOf(sides?.bug.events), linesOf(sides?.fix.events));
}

function verdictOf({ violations }: ScenarioSide): string[] {
  if (violations.length === 0) return ['nothing'];
  return violations.map(({ invariant, message }) => `${invariant}: ${message}`);
}

function foundUnder(delivery: string, { sweep }: ScenarioResult): string {
  const summary = summarizeSweep(sweep).find((one) => one.delivery === delivery);
  const names = Object.entries(summary?.broken ?? {}).map(([name, count]) => `${name} ${count}`);
  return `violations: ${names.join(', ') || 'none'}`;
}

/** Where it fails: the boundary, the instruction, and the line of the guest's source. */
function placeOf({ at, second, place, rip }: SweepViolation, { sourceOf }: ScenarioReportOptions): string {
  const nmis = second === null ? `an NMI at instruction ${at}` : `NMIs at instructions ${at} and ${second}`;
  const source = sourceOf?.(BigInt(`0x${rip.slice(0, -1)}`));
  return `${nmis}; it shows at ${place}${source === undefined ? '' : `, ${source}`}`;
}

function commandsOf(
  { reproduce, delivery }: SweepViolation,
  { fix }: NonNullable<ScenarioResult['sides']>,
  { replays }: ScenarioReportOptions,
): string[] {
  const commands = [reproduce, reproduce.replace(`--delivery ${delivery}`, `--delivery ${fix.delivery}`)];
  if (replays === undefined) return commands;
  const { bug: bugPath, fix: fixPath } = replays;
  return [...commands, `vmexit replay ${bugPath}`, `vmexit replay ${fixPath}`];
}

/** A scenario's result as text for people: the story, then bug and fix side by side. */
import type { ScenarioResult } from './run-scenario.js';
import type { ScenarioReportOptions } from './scenario.js';
import { sectionsOf } from './scenario-report.js';
import { alignLines, layOutPairs, wrap } from './two-columns.js';

/** Characters of a line, and of each column. */
const WIDTH = 118;
const COLUMN = 57;

export function scenarioText(result: ScenarioResult, options: ScenarioReportOptions = {}): string {
  const { scenario, found } = result;
  const heading = layOutPairs(alignLines([`bug: ${scenario.name}`], [`fix: ${scenario.fix}`]), COLUMN);
  const sections = sectionsOf(result, options).flatMap(({ title, lines, pairs }) => [
    '',
    ...wrap(`${title}:`, WIDTH, 0),
    ...lines.map((line) => `  ${line}`),
    ...(pairs.length === 0 ? [] : [...heading, '-'.repeat(WIDTH), ...layOutPairs(pairs, COLUMN)]),
  ]);
  const all = [
    `${scenario.name}: ${scenario.title}`,
    '',
    ...wrap(scenario.story, WIDTH, 0),
    '',
    ...wrap(`On record: ${scenario.origin}.`, WIDTH, 0),
    ...sections,
    ...(found === null ? ['', 'The sweep did not find the bug.'] : []),
  ];
  return all.map((line) => `${line}\n`).join('');
}

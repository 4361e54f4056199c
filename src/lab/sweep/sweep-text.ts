/** A result as text for people: a table, then each kind of violation with its first example. */
import { type DeliverySummary, summarizeSweep } from './summary.js';
import { isComplete, type SweepResult, type SweepViolation } from './sweep-result.js';

export function sweepText(result: SweepResult): string {
  const summaries = summarizeSweep(result);
  const lines = [...heading(result, summaries), '', ...table(summaries)];
  for (const summary of summaries) lines.push(...details(summary, result));
  return lines.map((line) => `${line}\n`).join('');
}

function heading(result: SweepResult, summaries: readonly DeliverySummary[]): string[] {
  const { plan, units, unitCounts } = result;
  const probes = summaries.reduce((sum, summary) => sum + summary.probes, 0);
  const end = plan.to === null ? 'the end' : `${plan.to}`;
  const where = plan.symbol === null ? '' : ` in ${plan.symbol}`;
  const begin = plan.from === null ? 'the first NMI of its own' : `${plan.from}`;
  const kind = plan.pairs ? 'pairs of NMIs' : 'an NMI';
  const lines = [`${plan.guest}: ${kind} at every boundary from ${begin} to ${end}${where}, ${probes} runs`];
  if (!isComplete(result)) {
    const all = unitCounts.reduce((sum, count) => sum + count, 0);
    lines.push(`a part: ${units.length} of ${all} units are done`);
  }
  return lines;
}

function table(summaries: readonly DeliverySummary[]): string[] {
  const rows = summaries.map(({ delivery, boundaries, latency, exits, broken }) => {
    const names = Object.entries(broken).map(([name, count]) => `${name} ${count}`);
    const found = names.length === 0 ? 'none' : names.join(', ');
    return [delivery, `${boundaries}`, shown(latency), shown(exits), found];
  });
  const all = [['delivery', 'boundaries', 'latency', 'exits', 'violations'], ...rows];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        return i === 0 || i === 4 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function shown(value: number | null): string {
  return value === null || value < 0 ? '-' : `${value}`;
}

function details({ delivery, broken, violations }: DeliverySummary, { plan }: SweepResult): string[] {
  return Object.entries(broken).flatMap(([name, count]) => {
    const examples = violations.filter(({ invariant }) => invariant === name);
    const [first] = examples;
    if (first === undefined) return [];
    const others = examples
      .slice(1)
      .map(({ at, second }) => (second === null ? `${at}` : `(${at}, ${second})`));
    const hidden = count - examples.length;
    return [
      '',
      `${delivery}: ${name}, ${count} time${count === 1 ? '' : 's'}`,
      ...violationText(first).map((line) => `  ${line}`.trimEnd()),
      ...(others.length > 0
        ? [`  also at ${others.join(', ')}${hidden > 0 ? `, and ${hidden} more` : ''}`]
        : []),
      ...(others.length === 0 && hidden > 0 && plan.violationLimit > 0 ? [`  and ${hidden} more`] : []),
    ];
  });
}

/** One violation in full. */
export function violationText(violation: SweepViolation): string[] {
  const { message, blame, boundary, place, source, disassembly, timeline, reproduce, replay } = violation;
  const doing = blame === null ? '' : ` (the ${blame}'s doing)`;
  return [
    `${message}${doing}`,
    `${boundaryOf(violation)}${violation.at === null ? '' : `, at ${boundary.place}`}; see ${place}${source ? `, ${source}` : ''}`,
    ...disassembly.map((line) => `  ${line}`),
    '',
    ...timeline.map((line) => `  ${line}`),
    `again: ${reproduce}`,
    ...(replay ? [`again: vmexit replay ${replay}`] : []),
  ];
}

function boundaryOf({ at, second }: SweepViolation): string {
  if (at === null) return 'without an NMI of the sweep';
  return second === null ? `instruction ${at}` : `instructions ${at} and ${second}`;
}

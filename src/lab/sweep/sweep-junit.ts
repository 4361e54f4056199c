/** A result as JUnit XML, which CI systems show: a suite for each delivery, a case for each invariant. */
import { escapeMarkup } from '../escape-markup.js';
import { type DeliverySummary, summarizeSweep } from './summary.js';
import type { SweepResult } from './sweep-result.js';
import { violationText } from './sweep-text.js';

export function sweepJunit(result: SweepResult): string {
  const { plan } = result;
  const summaries = summarizeSweep(result);
  const failures = summaries.reduce((sum, { broken }) => sum + Object.keys(broken).length, 0);
  const tests = summaries.length * plan.invariants.length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escapeMarkup(`vmexit sweep ${plan.guest}`)}" tests="${tests}" failures="${failures}">`,
    ...summaries.flatMap((summary) => suite(summary, plan.invariants)),
    '</testsuites>',
    '',
  ].join('\n');
}

function suite({ delivery, broken, violations }: DeliverySummary, invariants: readonly string[]): string[] {
  const cases = invariants.flatMap((name) => {
    const count = broken[name] ?? 0;
    const open = `    <testcase classname="${escapeMarkup(delivery)}" name="${escapeMarkup(name)}"`;
    if (count === 0) return [`${open}/>`];
    const first = violations.find(({ invariant }) => invariant === name);
    const text = first === undefined ? '' : violationText(first).join('\n');
    const message = `${count} time${count === 1 ? '' : 's'}: ${first?.message ?? ''}`;
    return [
      `${open}>`,
      `      <failure message="${escapeMarkup(message)}">${escapeMarkup(text)}</failure>`,
      '    </testcase>',
    ];
  });
  const failures = Object.keys(broken).length;
  return [
    `  <testsuite name="${escapeMarkup(delivery)}" tests="${invariants.length}" failures="${failures}">`,
    ...cases,
    '  </testsuite>',
  ];
}

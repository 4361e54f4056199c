/** A result as JUnit XML, which CI systems show: a suite for each delivery, a case for each invariant. */
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
    `<testsuites name="${escape(`vmexit sweep ${plan.guest}`)}" tests="${tests}" failures="${failures}">`,
    ...summaries.flatMap((summary) => suite(summary, plan.invariants)),
    '</testsuites>',
    '',
  ].join('\n');
}

function suite({ delivery, broken, violations }: DeliverySummary, invariants: readonly string[]): string[] {
  const cases = invariants.flatMap((name) => {
    const count = broken[name] ?? 0;
    const open = `    <testcase classname="${escape(delivery)}" name="${escape(name)}"`;
    if (count === 0) return [`${open}/>`];
    const first = violations.find(({ invariant }) => invariant === name);
    const text = first === undefined ? '' : violationText(first).join('\n');
    const message = `${count} time${count === 1 ? '' : 's'}: ${first?.message ?? ''}`;
    return [
      `${open}>`,
      `      <failure message="${escape(message)}">${escape(text)}</failure>`,
      '    </testcase>',
    ];
  });
  const failures = Object.keys(broken).length;
  return [
    `  <testsuite name="${escape(delivery)}" tests="${invariants.length}" failures="${failures}">`,
    ...cases,
    '  </testsuite>',
  ];
}

/** Control characters have no place in XML 1.0, whatever a guest prints. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, '?');
}

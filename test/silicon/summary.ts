/** What a report says, for people and for the conformance page. */
import { Code } from 'iced-x86';
import type { Bits } from './record.js';
import { groupOf, isPrivileged, supportedCodes, unmeasured } from './instruction-set.js';
import { KNOWN_DEVIATIONS } from './known-deviations.js';
import type { Mismatch, Report } from './report.js';
import type { Tier } from './run.js';
import type { ResultFile, ResultRow } from '../conformance/results.js';

const SHOWN = 20;
const HOW: Readonly<Record<Tier, string>> = {
  interpreter: 'interpreted',
  compiled: 'each block compiled before it is executed for the first time',
};

/** What the generator cannot know to be there, or what is no function of its inputs. */
const NOT_DRAWN: readonly string[] = [
  'CPUID: it names the model, and a hypervisor below answers it; test/engine/identification.test.ts has its leaves',
  'RDTSC, RDTSCP, RDPID, RDPMC: time and the number of the processor; vmexit counts instructions',
  'RDRAND, RDSEED: random; vmexit draws from a seed',
  'CLZERO, whose operand only rAX names, and ENDBR32 and ENDBR64, which do nothing: the generator has no rule for them',
  'XSAVEOPT and XSAVES after XRSTOR of the same area: this processor may leave out components that were not modified since; ' +
    'vmexit saves all that are in use, as the manual allows (vol 2 §11.5). Every case has an area that nothing was restored from',
];

export function describeReport(report: Report): string {
  const lines = [
    `${report.differing} differ, ${report.known.total} as known, ${report.unimplemented.total} reached something not ` +
      `implemented, ${report.unreachable} reached foreign memory, ${report.unrepeatable} differed only once`,
    ...mismatchLines(report.mismatches),
  ];
  for (const [name, count] of report.known.counts) lines.push(`known deviation: ${name}: ${count} cases`);
  for (const [name, count] of report.undefinedFlags.counts) {
    lines.push(`undefined flags differ: ${name}: ${count} cases`);
  }
  const missing = [...report.unimplemented.counts].map(([name, count]) => `${name} (${count})`);
  if (missing.length > 0) lines.push(`not implemented: ${missing.sort().join(' ')}`);
  return lines.join('\n');
}

function mismatchLines(mismatches: readonly Mismatch[]): string[] {
  const byCode = new Map<Code, { count: number; text: string }>();
  for (const { code, text } of mismatches) {
    const known = byCode.get(code);
    byCode.set(code, { count: (known?.count ?? 0) + 1, text: known?.text ?? text });
  }
  const worst = [...byCode].sort(([, a], [, b]) => b.count - a.count);
  const rest = worst.slice(SHOWN).map(([code, { count }]) => `${Code[code]} (${count})`);
  const shown = worst
    .slice(0, SHOWN)
    .map(([code, { count, text }]) => `\n${Code[code]}: ${count} cases\n${text}`);
  return rest.length === 0 ? shown : [...shown, `\nand ${rest.join(' ')}`];
}

/** Cases and encodings of one instruction group. */
interface Group {
  cases: number;
  differing: number;
  covered: number;
  supported: number;
}

export function resultOf(bits: Bits, tier: Tier, report: Report, args: string): ResultFile {
  const uncovered = uncoveredCodes(bits, report).map((code) => Code[code]);
  return {
    command: `npm run silicon -- ${args}`,
    title: `Silicon, ${bits}-bit user mode${tier === 'compiled' ? ', compiled' : ''}`,
    summary:
      `Random snippets, run natively and in vmexit, ${HOW[tier]}: registers, flags, memory, x87, MXCSR and vector state, and ` +
      `the exception with its error code and address, bit for bit. ${report.unreachable} of them reached memory that only the native process has.`,
    cases: report.cases,
    rows: rowsOf(bits, report),
    deviations: KNOWN_DEVIATIONS.filter(({ name }) => report.known.counts.has(name)).map(
      ({ name, reason }) => ({
        ...{ name, reason },
        cases: report.known.counts.get(name) ?? 0,
      }),
    ),
    unmeasured: [
      ...unmeasured(bits),
      ...NOT_DRAWN,
      ...(uncovered.length > 0 ? [`No case that ran to its end: ${uncovered.join(', ')}`] : []),
    ],
  };
}

/** An encoding counts once it has completed, or has faulted as it must in user mode. */
function isCovered(report: Report, code: Code): boolean {
  const { completed, faulted } = report.coverage;
  return completed.has(code) || (faulted.has(code) && (isPrivileged(code) || isAbsent(code)));
}

/** 3DNow! is absent: #UD is all that its instructions do. */
function isAbsent(code: Code): boolean {
  return groupOf(code) === 'D3NOW';
}

function uncoveredCodes(bits: Bits, report: Report): Code[] {
  return supportedCodes(bits)
    .filter(({ isDrawn, code }) => isDrawn && !isCovered(report, code))
    .map(({ code }) => code);
}

function rowsOf(bits: Bits, report: Report): ResultRow[] {
  const groups = new Map<string, Group>();
  const groupNamed = (name: string): Group => {
    let group = groups.get(name);
    if (group === undefined) groups.set(name, (group = { cases: 0, differing: 0, covered: 0, supported: 0 }));
    return group;
  };
  for (const { code } of supportedCodes(bits)) {
    const group = groupNamed(groupOf(code));
    group.supported++;
    if (isCovered(report, code)) group.covered++;
    group.cases += (report.coverage.completed.get(code) ?? 0) + (report.coverage.faulted.get(code) ?? 0);
  }
  for (const { code } of report.mismatches) groupNamed(groupOf(code)).differing++;
  return [...groups].map(([group, { cases, differing, covered, supported }]) => ({
    ...{ group, oracle: 'silicon', mode: `${bits}-bit`, cases, differing },
    ...{ codesCovered: covered, codesSupported: supported },
  }));
}

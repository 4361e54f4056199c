/** The report as Markdown, for people: what the goals were, then the numbers. */
import { estimate } from '../estimate.js';
import { machineLine } from '../machine.js';
import type { Outcome } from './campaign.js';
import type { PeerName } from './peers.js';
import type { Report } from './report.js';
import { rowName, WORD_SIZES, type WordSize } from './rows.js';
import { judgeGoals, meanRatio, type Phase, ratio, times } from './summary.js';

/** Beside the text. */
export const CHART_FILE = 'results.svg';

/** @param notes What people say about the numbers, below the goals. */
export function reportMarkdown(report: Report, notes = ''): string {
  const parts = [
    introduction(report),
    goals(report),
    notes.trim(),
    `## Warm: times slower than native\n\n${WARM_NOTE}`,
    ...WORD_SIZES.map((bits) => slowerThanNative(report, bits, 'warm')),
    `## Warm: times faster than each peer\n\n${FASTER_NOTE}`,
    ...WORD_SIZES.map((bits) => fasterThanPeers(report, bits)),
    `## Cold: times slower than native in the first 100 ms\n\n${COLD_NOTE}`,
    ...WORD_SIZES.map((bits) => slowerThanNative(report, bits, 'cold')),
    start(report),
    work(report),
    failures(report),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const WARM_NOTE = `The time of one chunk of work over that of the processor itself, which runs the same object code; 1 is as fast as native, less is
better. Rows without a number need interrupts or page tables of their own, which a process of the host cannot have; they count
in the comparison with peers below.`;
const FASTER_NOTE = `The peer's time over vmexit's: above 1 vmexit is faster. The last column compares the two interpreters.`;
const COLD_NOTE = `Work done from the guest's first instruction on, in a process that has just been started: before anything is compiled, and while it
is. Native code has nothing to warm up.`;

function introduction({ date, isQuick, machine, rounds, peers }: Report): string {
  const versions = peers.map(({ title, version }) => `${title}: ${version ?? 'not installed'}`);
  return `# vmexit and its peers

Made by \`npm run bench:peers\`${isQuick ? ' `-- --quick`, which is only a look' : ''}. How it is measured: [peers/README.md](peers/README.md).

![How much longer each emulator takes than vmexit, row by row](${CHART_FILE})

- ${date.slice(0, 10)}; ${machineLine(machine)}
- ${versions.join('; ')}
- medians of ${rounds} ${rounds === 1 ? 'sample' : 'samples'}, each in a process of its own; one sample of each peer on each row, then the next of each`;
}

function goals({ results }: Report): string {
  const rows = judgeGoals(results).map(({ text, reached, isMet }) => [
    text,
    reached,
    isMet === null ? 'not measured' : isMet ? 'yes' : '**no**',
  ]);
  return `## Goals\n\nWarm, geometric means over all rows of both word sizes.\n\n${table(['goal', 'reached', 'met'], rows)}`;
}

function slowerThanNative(report: Report, bits: WordSize, phase: Phase): string {
  const peers = report.peers.filter(({ name }) => name !== 'native' && !(name === 'v86' && bits === 64));
  const results = report.results.filter(({ row }) => row.bits === bits);
  if (results.length === 0 || peers.length === 0) return '';
  const rows = results.map((result) => [
    result.row.kernel.title,
    ...peers.map(({ name }) => cell(result.outcomes.get(name), ratio(result, phase, name, 'native'))),
  ]);
  const means = peers.map(({ name }) => bold(times(meanRatio(results, phase, name, 'native'))));
  const header = [`${bits}-bit`, ...peers.map(({ title }) => title)];
  return table(header, [...rows, ['**geometric mean**', ...means]]);
}

const COMPARISONS: readonly (readonly [title: string, peer: PeerName, base: PeerName])[] = [
  ['v86', 'v86', 'vmexit'],
  ['QEMU TCG', 'qemu', 'vmexit'],
  ['Bochs', 'bochs', 'vmexit'],
  ['Bochs, interpreter only', 'bochs', 'vmexit-interpreter'],
];

function fasterThanPeers(report: Report, bits: WordSize): string {
  const names = report.peers.map(({ name }) => name);
  const columns = COMPARISONS.filter(([, peer, base]) => names.includes(peer) && names.includes(base)).filter(
    ([, peer]) => !(peer === 'v86' && bits === 64),
  );
  const results = report.results.filter(({ row }) => row.bits === bits);
  if (results.length === 0 || columns.length === 0) return '';
  const rows = results.map((result) => [
    result.row.kernel.title,
    ...columns.map(([, peer, base]) => cell(result.outcomes.get(peer), ratio(result, 'warm', peer, base))),
  ]);
  const means = columns.map(([, peer, base]) => bold(times(meanRatio(results, 'warm', peer, base))));
  const header = [`${bits}-bit`, ...columns.map(([title]) => title)];
  return table(header, [...rows, ['**geometric mean**', ...means]]);
}

function cell(outcome: Outcome | undefined, value: number | null): string {
  return outcome?.kind === 'failed' ? 'failed' : times(value);
}

function bold(text: string): string {
  return `**${text}**`;
}

function start({ peers, results }: Report): string {
  const rows = peers.map(({ name, title }) => {
    const starts = results.flatMap(({ outcomes }) => {
      const outcome = outcomes.get(name);
      return outcome?.kind === 'measured' ? [outcome.start.median] : [];
    });
    return [title, starts.length === 0 ? '–' : estimate(starts).median.toFixed(0)];
  });
  return `## Start\n\nFrom the start of the process to the guest's first mark, the median over all rows. QEMU and Bochs boot a ROM of ours, without the
time that a BIOS would take.\n\n${table(['', 'ms'], rows)}`;
}

function work({ works }: Report): string {
  if (works.length === 0) return '';
  const rows = works.map(({ title, time }) =>
    typeof time === 'string' ? [title, time, ''] : [title, time.median.toFixed(0), time.spread.toFixed(0)],
  );
  return `## Work that people do\n\nThe \`vmexit\` command, from start to end, by the clock on the wall.\n\n${table(['', 'ms', '± ms'], rows)}`;
}

function failures({ results, peers }: Report): string {
  const lines = results.flatMap(({ row, outcomes }) =>
    peers.flatMap(({ name, title }) => {
      const outcome = outcomes.get(name);
      return outcome?.kind === 'failed' ? [`- ${rowName(row)}, ${title}: ${outcome.reason}`] : [];
    }),
  );
  const checked = 'Every row ends with a checksum, which is compared between all peers';
  return lines.length === 0
    ? `${checked}: all agree.`
    : `## Failures\n\n${checked}. Not counted anywhere above:\n\n${lines.join('\n')}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, column) => (column === 0 ? '---' : '--:'));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

/** npm run bench:peers: vmexit beside other emulators and the processor itself. See `--help` and bench/peers/README.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../src/index.js';
import { describeMachine } from '../machine.js';
import { buildRow, missingTool } from './build.js';
import { reportChart } from './chart.js';
import { type Plan, runCampaign } from './campaign.js';
import { HELP, parseCommandLine, type Settings } from './command-line.js';
import { CHART_FILE, reportMarkdown } from './markdown.js';
import { peer } from './peers.js';
import { type Report, reportJson } from './report.js';
import { KERNELS, rowName } from './rows.js';
import { timeWork, type Work } from './work.js';

/** The caller's mistake, and the machine's. */
const USAGE = 2;
const FAILED = 1;
const INTERRUPTED = 130;

const RESULTS_FILE = 'RESULTS.md';
/** Everything of the last run, whatever it was; not in git. */
const LAST_RUN = 'build/peers/last-run.json';
/** What people say about the numbers: it goes into the text. */
const NOTES = 'bench/peers/notes.md';
const ROUNDS = 5;
const SAMPLE_MS = 200;
/** What `--quick` does with less of. */
const QUICK_ROUNDS = 1;
const QUICK_SAMPLE_MS = 100;

try {
  const settings = parseCommandLine(process.argv.slice(2));
  if (settings.isHelp) process.stdout.write(HELP);
  else await benchmark(settings);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench:peers: ${error.message}`);
  process.exitCode = USAGE;
}

async function benchmark(settings: Settings): Promise<void> {
  const missing = missingTool();
  if (missing !== null) {
    console.error(`bench:peers: ${missing}`);
    process.exitCode = FAILED;
    return;
  }
  process.once('SIGINT', () => process.exit(INTERRUPTED));
  const report = await measure(settings);
  const text = reportMarkdown(report, readFileSync(NOTES, 'utf8'));
  writeFileSync(LAST_RUN, reportJson(report));
  process.stdout.write(settings.isJson ? reportJson(report) : text);
  if (settings.output !== null) {
    mkdirSync(settings.output, { recursive: true });
    writeFileSync(join(settings.output, RESULTS_FILE), text);
    writeFileSync(join(settings.output, CHART_FILE), reportChart(report));
  }
}

async function measure(settings: Settings): Promise<Report> {
  const date = new Date().toISOString();
  const rounds = settings.isQuick ? QUICK_ROUNDS : ROUNDS;
  const candidates = settings.peers.map((name) => ({ peer: peer(name), version: peer(name).version() }));
  for (const { peer, version } of candidates)
    if (version === null) progress(`${peer.title} is not installed ("npm run setup" does that on Debian)`);
  const plan: Plan = {
    rows: buildRows(settings),
    peers: candidates.filter(({ version }) => version !== null).map(({ peer }) => peer),
    rounds,
    sampleMs: settings.isQuick ? QUICK_SAMPLE_MS : SAMPLE_MS,
  };
  const results = await runCampaign(plan, (round, row, { title }) =>
    progress(`round ${round} of ${rounds}: ${rowName(row)}, ${title}`),
  );
  return {
    date,
    isQuick: settings.isQuick,
    machine: describeMachine(),
    rounds,
    peers: candidates.map(({ peer: { name, title }, version }) => ({ name, title, version })),
    results,
    works: isEverything(settings) ? measureWork(rounds) : [],
  };
}

function buildRows({ kernels, bits }: Settings): Plan['rows'] {
  const rows = kernels.flatMap((kernel) => bits.map((size) => ({ kernel, bits: size })));
  return rows.map((row) => {
    progress(`building ${rowName(row)}`);
    return { row, binaries: buildRow(row) };
  });
}

function isEverything({ kernels, peers }: Settings): boolean {
  return kernels.length === KERNELS.length && peers.includes('vmexit');
}

function measureWork(rounds: number): readonly Work[] {
  progress('work that people do');
  const mix = KERNELS.find(({ name }) => name === 'coremark')!;
  return timeWork(buildRow({ kernel: mix, bits: 64 }).image, rounds);
}

/** One line that replaces itself on a terminal. */
function progress(text: string): void {
  const { isTTY, columns = 80 } = process.stderr;
  process.stderr.write(isTTY ? `\r\x1b[K${text.slice(0, columns - 1)}` : `${text}\n`);
}

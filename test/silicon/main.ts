/** npm run silicon: a long comparison with this machine's processor. See `--help`. */
import { Worker } from 'node:worker_threads';
import { NativeProcessor } from './native.js';
import { Report } from './report.js';
import type { Bits } from './record.js';
import type { ReportData } from './report.js';
import { writeResult } from '../conformance/results.js';
import { oneOf, parseOptions, pattern, readCommandLine, wholeNumber } from '../helpers/tool-options.js';
import { tiersOf } from './run.js';
import type { Tier } from './run.js';
import { describeReport, resultOf } from './summary.js';
import type { Share } from './worker.js';

/** Inputs with which each sequence of instructions runs. */
const INPUTS = 8;
/** Seeds of threads are this far apart. */
const SEED_STEP = 1_000_003;
const PROGRESS_CASES = 500_000;

const ALL: readonly Bits[] = [64, 32, 16];
const TIERS = ['interpreter', 'compiled', 'both'] as const;

const HELP = `npm run silicon -- [options]

Runs random snippets on this machine's processor and in vmexit, and compares every register and flag.
Ends with status 1 if anything differs; flags that the manual leaves undefined are listed, not failed, and so is what
vmexit does not implement.

  --cases   of each mode and tier; 100000 unless given
  --seed    where random numbers begin; a new one every time unless given
  --bits    64, 32 or 16: this mode only
  --tier    ${TIERS.join(', ')}; interpreter unless given
  --only    a regular expression over iced's names of encodings: '^Addp[sd]_'
  --jobs    threads that share the cases; 1 unless given
  --save    leave the results where "npm run conformance" finds them
  --help    this text

  npm run silicon -- --cases 100000 --seed 7
`;

const { modes, cases, seed, jobs, tier: wanted, only, isSaved } = readCommandLine(HELP, parse);
for (const bits of modes) {
  const tiers = tiersOf(bits).filter((tier) => wanted === 'both' || wanted === tier);
  for (const tier of tiers) await runMode(bits, tier);
}

function parse(args: readonly string[]) {
  const values = parseOptions(args, {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    bits: { type: 'string' },
    tier: { type: 'string', default: 'interpreter' },
    only: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    save: { type: 'boolean', default: false },
  });
  const { bits } = values;
  return {
    modes:
      bits === undefined
        ? ALL
        : ALL.filter((mode) => String(mode) === oneOf('--bits', ALL.map(String), bits)),
    cases: wholeNumber('--cases', values.cases),
    seed: wholeNumber('--seed', values.seed),
    jobs: wholeNumber('--jobs', values.jobs),
    tier: oneOf('--tier', TIERS, values.tier),
    only: values.only === undefined ? undefined : pattern('--only', values.only),
    isSaved: values.save,
  };
}

async function runMode(bits: Bits, tier: Tier): Promise<void> {
  const name = tier === 'compiled' ? `${bits}-bit, compiled` : `${bits}-bit`;
  if (NativeProcessor.create(bits) === undefined) {
    console.log(`${name}: skipped, this needs gcc-multilib on x86-64 Linux`);
    return;
  }
  const start = performance.now();
  const report = new Report();
  const save = (): void => {
    const file = tier === 'compiled' ? `silicon-${bits}-compiled` : `silicon-${bits}`;
    if (isSaved) writeResult(file, resultOf(bits, tier, report, process.argv.slice(2).join(' ')));
  };
  const threads = Array.from({ length: jobs }, (_, job) =>
    runThread(
      { bits, tier, cases: Math.ceil(cases / jobs), seed: seed + job * SEED_STEP, ...generatorOptions() },
      (part) => {
        report.merge(part);
        if (!isProgress(report.cases, part.cases)) return;
        console.error(`${name}: ${report.cases} cases, ${report.differing} differ`);
        save();
      },
    ),
  );
  await Promise.all(threads);
  const seconds = (performance.now() - start) / 1000;
  console.log(`${name}, seed ${seed}: ${report.cases} cases in ${seconds.toFixed(1)} s`);
  console.log(describeReport(report));
  save();
  if (report.differing > 0) process.exitCode = 1;
}

function generatorOptions(): Pick<Share, 'families' | 'inputs' | 'only'> {
  const common = { families: ['integer', 'extended'], inputs: INPUTS } as const;
  return only === undefined ? common : { ...common, only };
}

function runThread(options: Share, onReport: (report: ReportData) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: options });
    worker.on('message', onReport);
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}

/** Whether the latest cases make it time to say and save something. */
function isProgress(cases: number, latest: number): boolean {
  return Math.floor((cases - latest) / PROGRESS_CASES) !== Math.floor(cases / PROGRESS_CASES);
}

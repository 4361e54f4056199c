/**
 * npm run silicon -- --cases 100000 --seed 7 [--bits 16] [--only <names of encodings>] [--jobs 2] [--save]: a long
 * comparison with this machine's processor.
 *
 * `--only` is a regular expression over iced's names of encodings. `--jobs` shares the cases among threads. `--save` writes
 * the results where `npm run conformance` finds them. Ends with status 1 if anything differs; flags that the manual leaves
 * undefined are listed, not failed, and so is what vmexit does not implement.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { NativeProcessor } from './native.js';
import { Report } from './report.js';
import type { Bits } from './record.js';
import type { ReportData } from './report.js';
import { writeResult } from '../conformance/results.js';
import type { RunOptions } from './run.js';
import { describeReport, resultOf } from './summary.js';

/** Inputs with which each sequence of instructions runs. */
const INPUTS = 8;
/** Seeds of threads are this far apart. */
const SEED_STEP = 1_000_003;
const PROGRESS_CASES = 500_000;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    bits: { type: 'string' },
    only: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    save: { type: 'boolean', default: false },
  },
});
const ALL: readonly Bits[] = [64, 32, 16];
const modes = values.bits === undefined ? ALL : ALL.filter((bits) => String(bits) === values.bits);
const [cases, seed, jobs] = [Number(values.cases), Number(values.seed), Number(values.jobs)];
for (const bits of modes) await runMode(bits);

async function runMode(bits: Bits): Promise<void> {
  if (NativeProcessor.create(bits) === undefined) {
    console.log(`${bits}-bit: skipped, this needs gcc-multilib on x86-64 Linux`);
    return;
  }
  const start = performance.now();
  const report = new Report();
  const save = (): void => {
    if (values.save) writeResult(`silicon-${bits}`, resultOf(bits, report, process.argv.slice(2).join(' ')));
  };
  const threads = Array.from({ length: jobs }, (_, job) =>
    runThread(
      { bits, cases: Math.ceil(cases / jobs), seed: seed + job * SEED_STEP, ...generatorOptions() },
      (part) => {
        report.merge(part);
        if (!isProgress(report.cases, part.cases)) return;
        console.error(`${bits}-bit: ${report.cases} cases, ${report.differing} differ`);
        save();
      },
    ),
  );
  await Promise.all(threads);
  const seconds = (performance.now() - start) / 1000;
  console.log(`${bits}-bit, seed ${seed}: ${report.cases} cases in ${seconds.toFixed(1)} s`);
  console.log(describeReport(report));
  save();
  if (report.differing > 0) process.exitCode = 1;
}

function generatorOptions(): Pick<RunOptions, 'families' | 'inputs' | 'only'> {
  const common = { families: ['integer', 'extended'], inputs: INPUTS } as const;
  return values.only === undefined ? common : { ...common, only: new RegExp(values.only) };
}

function runThread(options: RunOptions, onReport: (report: ReportData) => void): Promise<void> {
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

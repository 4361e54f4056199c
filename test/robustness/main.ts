/**
 * npm run robustness -- --cases 1000000 --seed 7 [--mode <name>] [--jobs 2] [--save]: random and mutated code in every mode
 * and in both tiers.
 *
 * A case is one string of bytes, run as code from one state of the processor, in both of the ways that tiers.ts tells. A mode
 * is a row of `MODES`: real, virtual-8086, protected and compatibility mode with 16- and 32-bit code, and 64-bit mode, at CPL 0
 * and 3. `--cases` are shared among the modes.
 *
 * Batch n of a mode has the seed `seed + n`: with `--mode <name> --seed <that> --cases 2000` a failure is met again. A case that
 * does not end within `PATIENCE_MS` is a failure, and so is whatever throws. Ends with status 1 if anything fails.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { writeResult } from '../conformance/results.js';
import { MODES } from './modes.js';
import { resultOf } from './report.js';
import { BATCH, type Failure, newTally, type Tally } from './run.js';
import type { Job } from './worker.js';

const PATIENCE_MS = 20_000;
const PROGRESS_CASES = 50_000;
const SHOWN = 40;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    mode: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    save: { type: 'boolean', default: false },
  },
});
const modes = MODES.map((_, i) => i).filter(
  (i) => values.mode === undefined || MODES[i]!.name === values.mode,
);
if (modes.length === 0) throw new Error(`--mode is one of ${MODES.map(({ name }) => name).join(', ')}`);
const seed = Number(values.seed);
const perMode = Math.ceil(Number(values.cases) / modes.length);
const tallies = new Map(modes.map((mode) => [mode, newTally()]));

function* jobs(): Generator<Job> {
  for (let batch = 0; batch * BATCH < perMode; batch++) {
    for (const mode of modes)
      yield { mode, seed: seed + batch, cases: Math.min(BATCH, perMode - batch * BATCH) };
  }
}

/** Takes jobs until there are none; a thread that hangs is replaced. */
async function work(queue: Iterator<Job>): Promise<void> {
  let thread: Worker | undefined;
  let progress = new Int32Array(new SharedArrayBuffer(4));
  for (let next = queue.next(); !next.done; next = queue.next()) {
    if (thread === undefined) {
      progress = new Int32Array(new SharedArrayBuffer(4));
      thread = new Worker(new URL('./worker.js', import.meta.url), { workerData: { progress } });
    }
    thread.postMessage(next.value);
    const tally = await answer(thread, progress, next.value);
    const isBroken = tally.failures.some(({ isFinal }) => isFinal);
    add(next.value.mode, tally);
    if (!isBroken) continue;
    await thread.terminate();
    thread = undefined;
  }
  await thread?.terminate();
}

/** What the thread answers, or the case that it hangs in. */
async function answer(thread: Worker, progress: Int32Array, job: Job): Promise<Tally> {
  let index = -1;
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<Tally>((resolve) => {
    timer = setInterval(() => {
      const now = Atomics.load(progress, 0);
      if (now === index) resolve(failed(job, index, `does not end in ${PATIENCE_MS} ms`));
      index = now;
    }, PATIENCE_MS);
  });
  const [event] = await Promise.race([
    once(thread, 'message') as Promise<[Tally]>,
    hang.then((tally) => [tally] as const),
  ]);
  clearInterval(timer);
  return event;
}

function failed({ mode, seed: batch }: Job, index: number, what: string): Tally {
  const failure: Failure = { mode: MODES[mode]!.name, seed: batch, index, bytes: '', what, isFinal: true };
  return { cases: index + 1, failures: [failure], ends: { hung: 1 } };
}

function add(mode: number, tally: Tally): void {
  const total = tallies.get(mode)!;
  const before = [...tallies.values()].reduce((sum, { cases }) => sum + cases, 0);
  total.cases += tally.cases;
  total.failures.push(...tally.failures);
  for (const [end, count] of Object.entries(tally.ends)) total.ends[end] = (total.ends[end] ?? 0) + count;
  for (const { mode: name, seed: batch, index, bytes, what } of tally.failures.slice(0, SHOWN))
    console.log(`${name}, seed ${batch}, case ${index}: ${what}\n  ${bytes}`);
  const after = before + tally.cases;
  if (Math.floor(before / PROGRESS_CASES) === Math.floor(after / PROGRESS_CASES)) return;
  console.error(`${after} cases`);
  save();
}

function save(): void {
  if (values.save) writeResult('robustness', resultOf(tallies, process.argv.slice(2).join(' ')));
}

const queue = jobs();
await Promise.all(Array.from({ length: Number(values.jobs) }, () => work(queue)));
for (const [mode, { cases, failures, ends }] of tallies)
  console.log(`${MODES[mode]!.name}: ${cases} cases, ${failures.length} failures; ${JSON.stringify(ends)}`);
save();
if ([...tallies.values()].some(({ failures }) => failures.length > 0)) process.exitCode = 1;

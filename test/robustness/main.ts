/** npm run robustness: random and mutated code in every mode and in both tiers. See `--help`. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { writeResult } from '../conformance/results.js';
import { oneOf, parseOptions, readCommandLine, wholeNumber } from '../helpers/tool-options.js';
import { MODES } from './modes.js';
import { resultOf } from './report.js';
import { BATCH, type Failure, newTally, type Tally } from './run.js';
import type { Job } from './worker.js';

const PATIENCE_MS = 20_000;
const PROGRESS_CASES = 50_000;
const SHOWN = 40;

const NAMES = MODES.map(({ name }) => name);

const HELP = `npm run robustness -- [options]

Runs random and mutated bytes as code, in every mode and in both tiers, in both of the ways that test/robustness/tiers.ts tells.
Ends with status 1 if the tiers differ, if a case does not end within ${PATIENCE_MS / 1000} s, or if anything throws.

  --cases   of all modes together; 20000 unless given
  --seed    batch n of a mode has the seed after it by n; a new one every time unless given
  --mode    this one only: ${NAMES.slice(0, 6).join(', ')},
            ${NAMES.slice(6).join(', ')}
  --jobs    threads that share the cases; 1 unless given
  --save    leave the results where "npm run conformance" finds them
  --help    this text

A failure names its mode and the seed of its batch. To meet it again:

  npm run robustness -- --mode ${NAMES[0]} --seed 7 --cases ${BATCH}
`;

const { cases, seed, mode: onlyMode, jobs: jobCount, isSaved } = readCommandLine(HELP, parse);
const modes = MODES.map((_, i) => i).filter((i) => onlyMode === undefined || NAMES[i] === onlyMode);
const perMode = Math.ceil(cases / modes.length);
const tallies = new Map(modes.map((mode) => [mode, newTally()]));

function parse(args: readonly string[]) {
  const values = parseOptions(args, {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    mode: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    save: { type: 'boolean', default: false },
  });
  return {
    cases: wholeNumber('--cases', values.cases),
    seed: wholeNumber('--seed', values.seed),
    mode: values.mode === undefined ? undefined : oneOf('--mode', NAMES, values.mode),
    jobs: wholeNumber('--jobs', values.jobs),
    isSaved: values.save,
  };
}

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
  if (isSaved) writeResult('robustness', resultOf(tallies, process.argv.slice(2).join(' ')));
}

const queue = jobs();
await Promise.all(Array.from({ length: jobCount }, () => work(queue)));
for (const [mode, { cases, failures, ends }] of tallies)
  console.log(`${MODES[mode]!.name}: ${cases} cases, ${failures.length} failures; ${JSON.stringify(ends)}`);
save();
if ([...tallies.values()].some(({ failures }) => failures.length > 0)) process.exitCode = 1;

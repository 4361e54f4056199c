/** `vmexit sweep`. */
import { stat } from 'node:fs/promises';
import { UsageError } from '../errors.js';
import {
  type RunSweepOptions,
  type Shard,
  sweep,
  type SweepProgress,
  type SweepResult,
} from '../lab/index.js';
import { deliveries } from './deliveries.js';
import { type ChosenGuest, chooseGuest } from './guest-file.js';
import { readInvariants } from './invariant-file.js';
import { readSweep } from './merge-command.js';
import { parseCount } from './numbers.js';
import {
  type Arguments,
  type GivenOptions,
  guestPlacement,
  maxInstructions,
  processorOptions,
  text,
} from './options.js';
import { ReplayFolder, withReplays } from './replay-files.js';
import { ResultFile } from './result-writer.js';
import { withSources } from './source-lines.js';
import { openSweepFiles, wholeNumber, writeSweep } from './sweep-output.js';
import { SweepProgressLine } from './sweep-progress.js';
import { inThreads, threadCount } from './sweep-threads.js';
import { noteOn, ProgressLine, type Terminal } from './terminal.js';
import { producer } from './version.js';

export async function sweepCommand(given: Arguments, terminal: Terminal): Promise<number> {
  const { options } = given;
  const guest = await chooseGuest(given.positionals, guestPlacement(options));
  const wanted = await sweepOptions(given, guest);
  const files = await openSweepFiles(options);
  const replays = await ReplayFolder.open(options);
  const kept = await KeptResult.open(text(options, 'resume'));
  const reporter = new SweepProgressLine(
    wanted.name,
    new ProgressLine(terminal.stderr, options['quiet'] !== true),
  );
  const crew = await chooseCrew(wanted, options, terminal);
  const result = await sweep({
    ...wanted,
    known: kept?.known,
    producer: await producer(),
    signal: terminal.signal,
    executor: crew.executor,
    onProgress: (progress) => {
      reporter.show(progress);
      kept?.keep(progress);
    },
  })
    .catch(async (error: unknown) => {
      await kept?.writeLast();
      throw error;
    })
    .finally(() => {
      reporter.clear();
      crew.close?.();
    });
  await kept?.write(result);
  const placed = await withSources(result, guest.sourceLines);
  const recorded = replays === undefined ? placed : await withReplays(placed, wanted, replays, terminal);
  return writeSweep(recorded, files, options, terminal);
}

interface Crew {
  readonly executor: RunSweepOptions['executor'];
  readonly close?: () => void;
}

/** Who runs the units: workers elsewhere, or threads here. */
async function chooseCrew(wanted: RunSweepOptions, options: GivenOptions, terminal: Terminal): Promise<Crew> {
  const [queue, threads, invariantFile] = ['queue', 'threads', 'invariant'].map((name) =>
    text(options, name),
  );
  if (queue === undefined) return { executor: inThreads(wanted, invariantFile, threadCount(threads)) };
  if (threads !== undefined)
    throw new UsageError('--threads does not go with --queue: workers have their own');
  const { openFleet } = await import('./fleet/over-queue.js');
  return openFleet(queue, wanted, invariantFile, noteOn(terminal, options));
}

async function sweepOptions(
  { options, positionals }: Arguments,
  guest: ChosenGuest,
): Promise<RunSweepOptions> {
  const number = (name: string): number | undefined => {
    const value = text(options, name);
    return value === undefined ? undefined : parseCount(`--${name}`, value);
  };
  const mayWrite = text(options, 'may-write');
  const invariantFile = text(options, 'invariant');
  return {
    name: guest.name,
    guest: guest.image,
    memoryBytes: guest.memoryBytes,
    ...processorOptions(options),
    deliveries: deliveries(options),
    from: number('from') ?? (guest.nmiFrom > 0 ? guest.nmiFrom : undefined),
    to: number('to'),
    symbol: text(options, 'symbol'),
    pairs: options['pairs'] === true,
    mayWrite:
      mayWrite === undefined ? guest.contract?.mayWrite : mayWrite.split(',').map((range) => range.trim()),
    outputFollows: guest.contract?.outputFollows,
    latencyBound: number('max-latency'),
    handlerLimit: number('handler-limit'),
    maxInstructions: maxInstructions(options),
    invariants: invariantFile === undefined ? undefined : await readInvariants(invariantFile),
    violationLimit: number('limit'),
    shard: shard(options),
    command: reproduction(positionals, options),
  };
}

function shard(options: GivenOptions): Shard | undefined {
  const given = text(options, 'shard');
  if (given === undefined) return undefined;
  const [index = '', count = '', rest] = given.split('/');
  if (count === '' || rest !== undefined)
    throw new UsageError(`--shard expects a part such as 2/8, not ${JSON.stringify(given)}`);
  return { index: wholeNumber('--shard', index, 1), count: wholeNumber('--shard', count, 1) };
}

/** Options that make the machine what it is: a reproduction needs them again. */
const MACHINE_OPTIONS = ['load', 'bits', 'entry', 'memory', 'cpu', 'seed'] as const;

function reproduction(positionals: readonly string[], options: GivenOptions): string {
  const words = MACHINE_OPTIONS.flatMap((name) => {
    const value = text(options, name);
    return value === undefined ? [] : [`--${name} ${value}`];
  });
  return ['vmexit run', ...positionals, ...words].join(' ');
}

/** `--resume`: what is done goes to a file, again and again. */
class KeptResult {
  private writing: Promise<void> = Promise.resolve();
  private writtenAt = performance.now();
  private last: SweepProgress | null = null;

  private constructor(
    readonly known: SweepResult | undefined,
    private readonly file: ResultFile,
  ) {}

  static async open(path: string | undefined): Promise<KeptResult | undefined> {
    if (path === undefined) return undefined;
    const file = await ResultFile.open(path, '--resume');
    const exists = await stat(path).then(
      () => true,
      () => false,
    );
    return new KeptResult(exists ? await readSweep(path) : undefined, file);
  }

  keep(progress: SweepProgress): void {
    this.last = progress;
    if (performance.now() - this.writtenAt < KEEP_EVERY_MS) return;
    this.writtenAt = performance.now();
    const contents = progress.result();
    // A failure shows when the last one is written.
    this.writing = this.writing.then(() => this.put(contents)).catch(() => undefined);
  }

  async write(result: SweepResult): Promise<void> {
    await this.writing;
    await this.put(result);
  }

  /** The sweep has failed: what was done until then. */
  async writeLast(): Promise<void> {
    if (this.last !== null && this.last.done > 0) await this.write(this.last.result());
  }

  private put(result: SweepResult): Promise<void> {
    return this.file.write(`${JSON.stringify(result)}\n`);
  }
}

/** So much work is lost at most when the machine goes down. */
const KEEP_EVERY_MS = 5000;

/** `--replays`: a folder of recordings, one for each violation, for `vmexit replay`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import type { CreateVmOptions } from '../index.js';
import {
  mapViolations,
  recordViolation,
  type RunSweepOptions,
  summarizeSweep,
  type SweepResult,
  type SweepViolation,
  writeRecording,
} from '../lab/index.js';
import { deliveryNamed } from './deliveries.js';
import { type GivenOptions, text } from './options.js';
import { ResultFile } from './result-writer.js';
import { reasonOf } from './system-error.js';
import type { Terminal } from './terminal.js';

/** The machine that was swept, without its delivery. */
export type SweptMachine = Pick<CreateVmOptions, 'guest' | 'memoryBytes' | 'cpu' | 'seed' | 'jit'>;

/** What is tried. */
type Trial = Pick<SweepViolation, 'delivery' | 'at' | 'second' | 'time'>;

/** Each is a run of the guest up to where its violation shows. */
export const MOST_REPLAYS = 25;

export class ReplayFolder {
  private constructor(private readonly folder: string) {}

  /** Makes the folder, and finds out before the work begins that nothing could be kept in it. Undefined without the option. */
  static async open(options: GivenOptions): Promise<ReplayFolder | undefined> {
    const folder = text(options, 'replays');
    if (folder === undefined) return undefined;
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      const reason = reasonOf(error as NodeJS.ErrnoException);
      throw new UsageError(`--replays: cannot make the folder ${JSON.stringify(folder)}: ${reason}`);
    });
    await ResultFile.open(join(folder, 'x.vmx'), '--replays');
    return new ReplayFolder(folder);
  }

  /** Returns the file's path. */
  async write(guest: string, trial: Trial, machine: SweptMachine): Promise<string> {
    const { delivery, at, second } = trial;
    const times = [at, second].filter((time) => time !== null).join('-');
    const name = `${guest}-${delivery}${times === '' ? '' : `-${times}`}.vmx`;
    const path = join(this.folder, name);
    const file = await ResultFile.open(path, '--replays');
    const recording = await recordViolation(trial, { ...machine, nmi: deliveryNamed(delivery) });
    await file.write(await writeRecording(recording));
    return path;
  }
}

/** The result with the recordings of its first violations named in it; those of one run share one. Ctrl-C ends it early. */
export async function withReplays(
  result: SweepResult,
  wanted: RunSweepOptions,
  folder: ReplayFolder,
  { signal }: Pick<Terminal, 'signal'>,
): Promise<SweepResult> {
  const { name, guest, memoryBytes, cpu, seed, jit } = wanted;
  const paths = new Map<string, string>();
  for (const trial of firstTrials(result)) {
    if (signal.aborted) break;
    const machine = { guest, memoryBytes, cpu, seed, jit };
    paths.set(keyOf(trial), await folder.write(name, trial, machine));
  }
  return mapViolations(result, (violation) => ({
    ...violation,
    replay: paths.get(keyOf(violation)) ?? null,
  }));
}

function keyOf({ delivery, at, second }: Trial): string {
  return `${delivery} ${at} ${second}`;
}

/** The first of each delivery and invariant, then the second of each, and so on; of one run, up to the last that shows in it. */
function firstTrials(result: SweepResult): Trial[] {
  const reported = summarizeSweep(result).flatMap(({ violations }) => violations);
  const counts = new Map<string, number>();
  const ranked = reported.map((violation) => {
    const kind = `${violation.delivery} ${violation.invariant}`;
    const rank = counts.get(kind) ?? 0;
    counts.set(kind, rank + 1);
    return { violation, rank };
  });
  const trials = new Map<string, Trial>();
  for (const { violation } of ranked.sort((a, b) => a.rank - b.rank)) {
    const key = keyOf(violation);
    const { delivery, at, second } = violation;
    const time = Math.max(violation.time, trials.get(key)?.time ?? 0);
    if (trials.has(key) || trials.size < MOST_REPLAYS) trials.set(key, { delivery, at, second, time });
  }
  return [...trials.values()];
}

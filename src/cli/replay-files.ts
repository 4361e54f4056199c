/** `--replays`: a folder of recordings, one for each violation, for `vmexit replay`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import type { CreateVmOptions } from '../index.js';
import { recordViolation, type SweepViolation, writeRecording } from '../lab/index.js';
import { deliveryNamed } from './deliveries.js';
import { type GivenOptions, text } from './options.js';
import { ResultFile } from './result-writer.js';
import { reasonOf } from './system-error.js';

/** The machine that was swept, without its delivery. */
export type SweptMachine = Pick<CreateVmOptions, 'guest' | 'memoryBytes' | 'cpu' | 'seed' | 'jit'>;

/** What is tried: several invariants may break in the same run. */
type Trial = Pick<SweepViolation, 'delivery' | 'at' | 'second' | 'time'>;

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

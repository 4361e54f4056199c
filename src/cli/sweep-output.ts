/** What `sweep` and `merge` leave: text or JSON on the output, and the reports that were asked for. */
import { UsageError } from '../errors.js';
import { countViolations, sweepHtml, sweepJunit, type SweepResult, sweepText } from '../lab/index.js';
import { type GivenOptions, text } from './options.js';
import { ResultFile } from './result-writer.js';
import type { Terminal } from './terminal.js';

export interface SweepFiles {
  readonly output: ResultFile | undefined;
  readonly junit: ResultFile | undefined;
  readonly html: ResultFile | undefined;
}

/** Finds out before the work begins that its results could not be kept. */
export async function openSweepFiles(options: GivenOptions): Promise<SweepFiles> {
  const open = async (name: string): Promise<ResultFile | undefined> => {
    const path = text(options, name);
    return path === undefined ? undefined : ResultFile.open(path, `--${name}`);
  };
  return { output: await open('output'), junit: await open('junit'), html: await open('html') };
}

/** Returns the exit status. */
export async function writeSweep(
  result: SweepResult,
  files: SweepFiles,
  options: GivenOptions,
  terminal: Terminal,
): Promise<number> {
  const written = options['json'] ? `${JSON.stringify(result)}\n` : sweepText(result);
  if (files.output) await files.output.write(written);
  else terminal.stdout.write(written);
  await files.junit?.write(sweepJunit(result));
  await files.html?.write(sweepHtml(result));
  return countViolations(result) > 0 ? 1 : 0;
}

/** Throws a `UsageError` unless the text is a whole number from `least`. */
export function wholeNumber(option: string, given: string, least: number): number {
  const value = /^[0-9]+$/.test(given) ? Number(given) : NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${option} expects a whole number from ${least}, not ${JSON.stringify(given)}`);
}

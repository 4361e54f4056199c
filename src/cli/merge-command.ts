/** `vmexit merge`. */
import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.js';
import { isComplete, mergeSweeps, parseSweep, type SweepResult } from '../lab/index.js';
import type { Arguments } from './options.js';
import { openSweepFiles, writeSweep } from './sweep-output.js';
import { reasonOf } from './system-error.js';
import type { Terminal } from './terminal.js';

export async function mergeCommand({ options, positionals }: Arguments, terminal: Terminal): Promise<number> {
  if (positionals.length === 0)
    throw new UsageError('merge takes results of sweeps; see "vmexit merge --help"');
  const files = await openSweepFiles(options);
  const results: SweepResult[] = [];
  for (const path of positionals) results.push(await readSweep(path));
  const merged = mergeSweeps(results);
  if (!options['partial']) requireWhole(merged);
  return writeSweep(merged, files, options, terminal);
}

/** Nobody is told that all is well while a part is missing. */
function requireWhole(result: SweepResult): void {
  if (isComplete(result)) return;
  const { units, unitCounts } = result;
  const total = unitCounts.reduce((sum, count) => sum + count, 0);
  throw new UsageError(
    `${units.length} of ${total} units are there: give the results of the other parts, too, or --partial`,
  );
}

export async function readSweep(path: string): Promise<SweepResult> {
  const contents = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(`cannot read ${JSON.stringify(path)}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  });
  return parseSweep(contents, path);
}

/** Files that a command may not write: what it reads, and what it writes already. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../errors.js';
import { type Arguments, type CommandName, text } from './options.js';

/** Options that name a file to be written. */
const RESULTS = ['output', 'save', 'timeline', 'trace-out', 'html', 'junit'] as const;
/** Commands whose argument is a guest. Snapshots and results of sweeps may be brought up to date in place. */
const READERS: ReadonlySet<CommandName> = new Set(['run', 'compare', 'sweep', 'record']);

/** Throws a `UsageError` if the command would write over its guest, or two results into one file. */
export async function refuseConflicts(
  command: CommandName,
  { options, positionals }: Arguments,
): Promise<void> {
  const seen = new Map<string, string>();
  for (const name of RESULTS) {
    const path = text(options, name);
    if (path === undefined) continue;
    const other = seen.get(resolve(path));
    if (other !== undefined && !(await isSpecial(path)))
      throw new UsageError(`--${other} and --${name} both go to ${path}: give each a file of its own`);
    seen.set(resolve(path), name);
    if (READERS.has(command)) await refuseOverwriting(positionals, path, `--${name}`);
  }
}

/** Throws a `UsageError` if `path` is one of the files that are read, by whatever name. */
export async function refuseOverwriting(
  inputs: readonly string[],
  path: string,
  option: string,
): Promise<void> {
  for (const input of inputs)
    if (await isSameFile(input, path))
      throw new UsageError(`${option}: ${path} is what is read here, and would be overwritten`);
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all(
    [one, other].map((path) => stat(path, { bigint: true }).catch(() => null)),
  );
  return a?.isFile() === true && b?.isFile() === true && a.dev === b.dev && a.ino === b.ino;
}

/** A device or a pipe takes all that comes. */
async function isSpecial(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => !found.isFile(),
    () => false,
  );
}

/** Assembly sources: read from disk, with what they include. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FileResolver } from '../asm/index.js';
import { UsageError } from '../errors.js';
import { fixturesUrl } from '../index.js';
import { reasonOf } from './system-error.js';

/** More than any source has; a file of this size is something else. */
const MOST_BYTES = 1 << 24;

/** The folder of the shipped guests' sources. */
export function guestsFolder(): string {
  return resolve(fileURLToPath(fixturesUrl()), '..');
}

export async function readSource(path: string): Promise<string> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new UsageError(`${path} is not a file: expected assembly source`);
    if (found.size > MOST_BYTES)
      throw new UsageError(`${path} has ${found.size} bytes: no source is so long`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${path}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
}

/**
 * Finds what a source includes: beside the file that asks, beside the source, in the source's folder `include`, and among
 * the includes of the shipped guests.
 */
export function filesAround(source: string): FileResolver {
  /** Where each included file was found, by the name that it was asked for. */
  const places = new Map<string, string>([[source, source]]);
  return async (name, from) => {
    const home = dirname(source);
    const folders = [
      dirname(places.get(from) ?? source),
      home,
      join(home, 'include'),
      join(guestsFolder(), 'include'),
    ];
    for (const folder of folders) {
      const path = resolve(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || !found.isFile()) continue;
      places.set(name, path);
      return readFile(path);
    }
    return undefined;
  };
}

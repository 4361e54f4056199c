/** Files that have a machine in them: snapshots and recordings. */
import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors.js';
import { SnapshotError } from '../index.js';
import { reasonOf } from './system-error.js';

/** What `read` makes of the file; its errors begin with the path. */
export async function readMachineFile<T>(path: string, read: (bytes: Uint8Array) => Promise<T>): Promise<T> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UsageError(`cannot read ${JSON.stringify(path)}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  });
  return read(bytes).catch((error: unknown) => {
    if (!(error instanceof SnapshotError)) throw error;
    throw new SnapshotError(error.code, `${path}: ${error.message}`);
  });
}

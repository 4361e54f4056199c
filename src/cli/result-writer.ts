/** A file of a command's results, written whole or not at all. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { UsageError } from '../errors.js';
import { reasonOf } from './system-error.js';

export class ResultFile {
  private constructor(
    /** The option that named it and the path as the user wrote it, for messages. */
    private readonly option: string,
    private readonly path: string,
    private readonly target: string,
    /** A device or a pipe: there is nothing to replace. */
    private readonly isSpecial: boolean,
  ) {}

  /** Finds out before the work begins that its result could not be kept. */
  static async open(path: string, option = '--output'): Promise<ResultFile> {
    try {
      const target = await realpath(path).catch(() => path);
      const found = await stat(target).catch(() => undefined);
      if (found?.isDirectory()) throw new UsageError(`${option}: ${path} is a directory: expected a file`);
      const isSpecial = found !== undefined && !found.isFile();
      // The separator at the end: a file is no folder to write into.
      await access(isSpecial ? target : `${dirname(target)}${sep}`, constants.W_OK);
      return new ResultFile(option, path, target, isSpecial);
    } catch (error) {
      throw explain(option, path, error as NodeJS.ErrnoException);
    }
  }

  /** Writes to a neighbour first and renames it: a reader sees the old file or the new one, never half of one. */
  async write(contents: string | Uint8Array): Promise<void> {
    if (this.isSpecial) return this.writeInto(contents);
    const suffix = randomBytes(6).toString('hex');
    const temporary = join(dirname(this.target), `.${basename(this.target)}.${suffix}.tmp`);
    try {
      await writeFile(temporary, contents, { flag: 'wx' });
      await rename(temporary, this.target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw explain(this.option, this.path, error as NodeJS.ErrnoException);
    }
  }

  private async writeInto(contents: string | Uint8Array): Promise<void> {
    try {
      await writeFile(this.target, contents);
    } catch (error) {
      throw explain(this.option, this.path, error as NodeJS.ErrnoException);
    }
  }
}

function explain(option: string, path: string, error: NodeJS.ErrnoException): UsageError {
  if (error instanceof UsageError) return error;
  return new UsageError(`${option}: cannot write ${JSON.stringify(path)}: ${reasonOf(error)}`);
}

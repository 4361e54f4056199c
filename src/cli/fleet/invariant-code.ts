/** Invariants of one's own in a fleet: producer and workers must have the same file, which this tells without sending it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { readInvariants } from '../invariant-file.js';

const HASH_DIGITS = 12;

/** Part of the queue's name; "" without a file. */
export async function hashOfCode(invariantFile: string | undefined): Promise<string> {
  if (invariantFile === undefined) return '';
  await readInvariants(invariantFile); // says what is wrong with it
  return createHash('sha256')
    .update(await readFile(invariantFile))
    .digest('hex')
    .slice(0, HASH_DIGITS);
}

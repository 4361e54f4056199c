/**
 * What makes a build skip itself: a stamp beside it with hashes of everything that it was made from and of everything that it
 * made, so that an output which something else has changed is not trusted.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A hash of files, their names included. What is not there counts as such. @param paths Files and folders, from `root`. */
export function hashOf(root, paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesAt(root, path)).sort()) {
    const isThere = existsSync(join(root, file));
    hash.update(`${file}\0${isThere ? statSync(join(root, file)).size : 'missing'}\0`);
    if (isThere) hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function filesAt(root, path) {
  if (!existsSync(join(root, path)) || !statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesAt(root, `${path}/${name}`));
}

/** What a stamp says, or undefined: no build yet, or one that was cut short. */
export function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

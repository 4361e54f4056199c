/** What `npm pack` puts into the package. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** There is something to pack. */
export const isBuilt = existsSync(join(ROOT, 'dist/index.js'));

export interface Tarball {
  readonly filename: string;
  /** Bytes to download: compressed. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Packs what is built, without building it again. @param options More of npm's. */
export function pack(...options: string[]): Tarball {
  const run = spawnSync('npm', ['pack', '--json', '--ignore-scripts', ...options], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`npm pack: ${run.stderr}`);
  return (JSON.parse(run.stdout) as [Tarball])[0];
}

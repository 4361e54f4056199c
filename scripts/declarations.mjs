/**
 * The type declarations of the public API: dist/types, less the files that nobody reaches from an entry point, and less the
 * comments in those that no entry point exports from: nobody is shown them.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TYPES = join(ROOT, 'dist/types');

/** @param entries Declaration files of entry points, relative to dist/types. */
export function emitDeclarations(entries) {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const options = ['-p', 'tsconfig.build.json'];
  const run = spawnSync(process.execPath, [tsc, ...options], { cwd: ROOT, stdio: 'inherit' });
  if (run.status !== 0) process.exit(1);
  const reached = new Set();
  for (const entry of entries) reach(join(TYPES, entry), reached);
  prune(TYPES, reached);
  const files = entries.map((entry) => join(TYPES, entry));
  const shown = new Set([...files, ...files.flatMap(importsOf)]);
  for (const file of reached) if (!shown.has(file)) stripComments(file);
}

function reach(file, reached) {
  if (reached.has(file)) return;
  reached.add(file);
  for (const imported of importsOf(file)) reach(imported, reached);
}

function importsOf(file) {
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from |import\()'(\.[^']+)'/g);
  return Array.from(imports, ([, path]) => join(dirname(file), path.replace(/\.js$/, '.d.ts')));
}

function stripComments(file) {
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^ *\/\*\*.*?\*\/\n/gms, ''));
}

/** Removes the files under `folder` that are not in `reached`, and folders that are empty then. */
function prune(folder, reached) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) prune(path, reached);
    else if (!reached.has(path)) rmSync(path);
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

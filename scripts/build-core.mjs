/**
 * Compiles the core (assembly/) to build/core.wasm, and skips it when nothing changed.
 *
 * The optimised build takes most of a minute, so a stamp next to the binary records what it was made from: a hash
 * of every source, of the compiler's options and version, and of the binary itself, so that a binary that
 * something else has overwritten is not trusted.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashOf, readStamp } from './stamp.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BINARY = 'build/core.wasm';
export const CORE_WASM = join(ROOT, BINARY);
const STAMP = join(ROOT, 'build/core.stamp.json');

/**
 * Makes build/core.wasm current.
 *
 * @param target 'release' insists on the optimised build; 'any' is satisfied by a current debug build and makes one
 *   if there is none, which is what the edit-and-test loop wants.
 */
export function buildCore(target) {
  if (target === 'any' && isNewerThanSources()) return;
  const sources = hashOf(ROOT, inputs());
  const stamp = readStamp(STAMP);
  const isCurrent = stamp?.sources === sources && stamp.binary === hashOf(ROOT, [BINARY]);
  if (isCurrent && (target === 'any' || stamp.target === 'release')) return;
  const made = target === 'any' ? 'debug' : target;
  console.error(`building the core (${made})...`);
  mkdirSync(join(ROOT, 'build'), { recursive: true });
  compile(made);
  writeFileSync(STAMP, JSON.stringify({ sources, target: made, binary: hashOf(ROOT, [BINARY]) }));
}

function compile(target) {
  const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
  const options = ['assembly/index.ts', '--target', target];
  const run = spawnSync(process.execPath, [asc, ...options], { cwd: ROOT, encoding: 'utf8' });
  if (run.status === 0) return;
  process.stderr.write(run.stdout + run.stderr);
  console.error('The core does not compile.');
  process.exit(1);
}

/** Everything the binary is made from, the compiler's version included. */
function inputs() {
  const sources = readdirSync(join(ROOT, 'assembly'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('assembly', file))
    .sort();
  return [...sources, 'asconfig.json', 'node_modules/assemblyscript/package.json'];
}

/** Someone ran asc by hand after the last edit: good enough for tests, never for a release. */
function isNewerThanSources() {
  if (!existsSync(CORE_WASM)) return false;
  const made = statSync(CORE_WASM).mtimeMs;
  return inputs().every((file) => statSync(join(ROOT, file)).mtimeMs < made);
}

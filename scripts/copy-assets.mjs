/**
 * Puts the two Wasm binaries and the shipped guests where the modules that load them look.
 *
 * `new URL('./core.wasm', import.meta.url)` is the one spelling that Node, browsers and bundlers all understand, so the
 * binaries must lie beside the loading module: in dist/ for users, and in src/ (not in git) for the tests. In the same
 * way src/guests.ts looks for ../guests/fixtures, which the repository has and a built tree needs a copy of.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORE_WASM } from './build-core.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @param tree 'src', 'dist/src' or 'build/tools/src'. */
export function copyAssets(tree) {
  const iced = join(
    dirname(createRequire(import.meta.url).resolve('iced-x86/package.json')),
    'iced_x86_bg.wasm',
  );
  copy(CORE_WASM, join(ROOT, tree, 'core/core.wasm'));
  copy(iced, join(ROOT, tree, 'decode/iced_x86_bg.wasm'));
  if (tree !== 'src') {
    cpSync(join(ROOT, 'guests/fixtures'), join(ROOT, tree, '../guests/fixtures'), { recursive: true });
  }
}

function copy(from, to) {
  if (!existsSync(from)) throw new Error(`${from} is missing; run "npm ci" and "npm run build"`);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

/**
 * Puts the two Wasm binaries and the shipped guests where the modules that load them look.
 *
 * src/binaries.ts and src/guests.ts look beside themselves: in src/ (not in git) for the tests, in build/tools/src for
 * the repository's own programs, and in dist/, into which they are bundled, for users.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORE_WASM } from './build-core.mjs';
import { ICED_WASM } from './build-iced.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TOOLS = 'build/tools';

/** @param tree 'src', 'dist' or 'build/tools/src'. */
export function copyAssets(tree) {
  copy(CORE_WASM, join(ROOT, tree, 'core.wasm'));
  copy(ICED_WASM, join(ROOT, tree, 'iced.wasm'));
  if (tree.startsWith(TOOLS))
    cpSync(join(ROOT, 'guests/fixtures'), join(ROOT, TOOLS, 'guests/fixtures'), { recursive: true });
}

function copy(from, to) {
  if (!existsSync(from)) throw new Error(`${from} is missing; run "npm ci" and "npm run build"`);
  mkdirSync(join(to, '..'), { recursive: true });
  copyFileSync(from, to);
}

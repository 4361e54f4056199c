/**
 * npm run build: the core to Wasm, the host to dist/ (bundled ES modules and type declarations), the binaries beside
 * them.
 *
 * `--core` stops after the core.
 */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCore } from './build-core.mjs';
import { buildIced } from './build-iced.mjs';
import { bundle, LIBRARY } from './bundle.mjs';
import { copyAssets } from './copy-assets.mjs';
import { emitDeclarations } from './declarations.mjs';
import { writeNotices } from './notices.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

buildCore('release');
if (!process.argv.includes('--core')) await buildHost();

async function buildHost() {
  buildIced();
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  await bundle();
  // Nobody imports what a worker is started with.
  const { 'worker-host': _started, ...imported } = LIBRARY;
  await emitDeclarations(imported);
  copyAssets('src');
  copyAssets('dist');
  writeNotices();
  chmodSync(join(ROOT, 'dist/cli/main.js'), 0o755);
}

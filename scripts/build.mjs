/**
 * npm run build: the core to Wasm, the host to dist/ (ES modules and type declarations), the binaries beside them.
 *
 * `--core` stops after the core.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCore } from './build-core.mjs';
import { copyAssets } from './copy-assets.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

buildCore('release');
if (!process.argv.includes('--core')) buildHost();

function buildHost() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (run.status !== 0) process.exit(1);
  copyAssets('src');
  copyAssets('dist/src');
  const cli = join(ROOT, 'dist/src/cli/main.js');
  if (existsSync(cli)) chmodSync(cli, 0o755);
}

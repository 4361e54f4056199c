/**
 * npm run build: the core to Wasm, the host to dist/ (bundled ES modules and type declarations), the binaries beside
 * them. Skips what is current.
 *
 * `--core` stops after the core.
 */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCore } from './build-core.mjs';
import { buildIced } from './build-iced.mjs';
import { bundle, LIBRARY } from './bundle.mjs';
import { copyAssets } from './copy-assets.mjs';
import { emitDeclarations } from './declarations.mjs';
import { writeNotices } from './notices.mjs';
import { hashOf, readStamp } from './stamp.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const STAMP = join(ROOT, 'build/host.stamp.json');
const MAKERS = ['build', 'bundle', 'copy-assets', 'declarations', 'notices'];
const INPUTS = [
  ...['src', 'assembly/abi', 'build/core.wasm', 'build/iced.wasm'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
  ...MAKERS.map((name) => `scripts/${name}.mjs`),
];

buildCore('release');
if (!process.argv.includes('--core')) await buildHost();

async function buildHost() {
  buildIced();
  copyAssets('src');
  const inputs = hashOf(ROOT, INPUTS);
  const stamp = readStamp(STAMP);
  if (stamp?.inputs === inputs && stamp.outputs === hashOf(ROOT, ['dist'])) return;
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  await bundle();
  // Nobody imports what a worker is started with.
  const { 'worker-host': _started, ...imported } = LIBRARY;
  await emitDeclarations(imported);
  copyAssets('dist');
  writeNotices();
  chmodSync(join(ROOT, 'dist/cli/main.js'), 0o755);
  writeFileSync(STAMP, JSON.stringify({ inputs, outputs: hashOf(ROOT, ['dist']) }));
}

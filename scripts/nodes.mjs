/**
 * npm run nodes: runs the packed package in other versions of Node than the one that is installed. They come from the
 * registry, 30 MB each, and stay in build/nodes; test/package/nodes.test.ts runs in whatever is there.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, runOrExit } from './install.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, 'build/nodes');
const VERSIONS = ['20.19.0', '22', '24'];

ensureInstalled();
mkdirSync(FOLDER, { recursive: true });
const system = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const packages = VERSIONS.map((version) => `node-${version}@npm:node-${system}@${version}`);
const options = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--prefix', FOLDER];
runOrExit('npm', ['install', ...options, ...packages]);
runOrExit(process.execPath, ['scripts/build.mjs']);
runOrExit('npx', ['vitest', 'run', 'test/package/nodes.test.ts']);

/**
 * Builds vmexit, then compiles and runs one of the repository's own programs: `run-tool.mjs bench/main [arguments]`.
 *
 * Such programs share code with the tests but are run by hand, so they are compiled with the sources they use into
 * build/tools/, and get the optimised core.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { copyAssets } from './copy-assets.mjs';
import { ensureInstalled, runOrExit } from './install.mjs';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) throw new Error('usage: run-tool.mjs <entry> [arguments]');
ensureInstalled();
runOrExit(process.execPath, ['scripts/build.mjs']);
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
runOrExit(process.execPath, [tsc, '-p', 'tsconfig.tools.json']);
copyAssets('build/tools/src');
runOrExit(process.execPath, [`build/tools/${entry}.js`, ...args]);

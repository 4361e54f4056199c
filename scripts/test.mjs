/**
 * npm test: install if needed, get the tools that tests compare with, build the package and the playground, run every test.
 * Arguments go to vitest.
 */
import { ensureInstalled, runOrExit } from './install.mjs';
import { ensureTools } from './setup.mjs';

ensureInstalled();
ensureTools();
runOrExit(process.execPath, ['scripts/playground.mjs', 'build', '--logLevel', 'warn']);
runOrExit(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)]);

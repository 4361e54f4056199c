/** npm test: install if needed, get the tools that tests compare with, build, run every test. Arguments go to vitest. */
import { ensureInstalled, runOrExit } from './install.mjs';
import { ensureTools } from './setup.mjs';

ensureInstalled();
ensureTools();
runOrExit(process.execPath, ['scripts/build.mjs']);
runOrExit(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)]);

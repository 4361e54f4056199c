/** npm start: install if needed, build, and compare the delivery strategies on a shipped guest. Arguments are added. */
import { ensureInstalled, runOrExit } from './install.mjs';

ensureInstalled();
runOrExit(process.execPath, ['scripts/build.mjs']);
const given = process.argv.slice(2);
const args = given.length > 0 ? given : ['compare', 'nmi-storm', '--nmis', '1000', '--nmi-random', '100'];
runOrExit(process.execPath, ['dist/cli/main.js', ...args]);

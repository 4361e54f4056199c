/** npm run conformance: writes docs/conformance.md from the results that the oracles left in build/results. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseOptions, readCommandLine } from '../helpers/tool-options.js';
import { conformancePage } from './page.js';
import { readResults, RESULTS_FOLDER } from './results.js';

const PAGE = 'docs/conformance.md';

const HELP = `npm run conformance

Writes ${PAGE} from the results that the oracles left in ${RESULTS_FOLDER}.

  --help    this text
`;

readCommandLine(HELP, (args) => parseOptions(args, {}));
const results = readResults();
if (results.length === 0) {
  console.error(
    `no results in ${RESULTS_FOLDER}: run an oracle first, for example npm run silicon -- --save`,
  );
  process.exitCode = 1;
} else {
  mkdirSync('docs', { recursive: true });
  writeFileSync(PAGE, conformancePage(results));
  console.log(`${PAGE}: ${results.length} results`);
}

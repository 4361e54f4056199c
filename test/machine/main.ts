/** npm run machine: system-mode scenarios in both tiers of vmexit, in Bochs and in QEMU. See `--help`. */
import { UsageError } from '../../src/errors.js';
import { writeResult } from '../conformance/results.js';
import { parseOptions, readCommandLine, wholeNumber } from '../helpers/tool-options.js';
import { bochs, qemu } from './emulators.js';
import { FAMILIES, generate } from './generate.js';
import { isNasmPresent } from './image.js';
import { describeDisagreement, toResult } from './report.js';
import { runAll } from './run.js';

const SHOWN = 20;

const NAMES = FAMILIES.map(({ name }) => name);

const HELP = `npm run machine -- [options]

Runs system-mode scenarios in both tiers of vmexit, in Bochs and in QEMU, and compares how they end.
Ends with status 1 if a difference is not decided. All groups together leave their results where "npm run conformance"
finds them.

  --cases   scenarios; 3000 unless given
  --seed    where random numbers begin; 1 unless given
  --group   groups whose names begin so: ${NAMES.slice(0, 7).join(', ')},
            ${NAMES.slice(7, 16).join(', ')},
            ${NAMES.slice(16).join(', ')}
  --help    this text

  npm run machine -- --cases 500 --seed 7 --group paging
`;

const { cases, seed, group } = readCommandLine(HELP, (args) => {
  const values = parseOptions(args, {
    cases: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    group: { type: 'string', default: '' },
  });
  if (!NAMES.some((name) => name.startsWith(values.group)))
    throw new UsageError(`--group: no group's name begins with ${JSON.stringify(values.group)}; see --help`);
  return {
    cases: wholeNumber('--cases', values.cases),
    seed: wholeNumber('--seed', values.seed),
    group: values.group,
  };
});

if (!isNasmPresent() || !(bochs.isPresent() || qemu.isPresent()))
  console.log('skipped: this needs nasm, and Bochs or QEMU; "npm run setup" installs them');
else await main();

async function main(): Promise<void> {
  const scenarios = generate(seed, cases, group);
  const verdicts = await runAll(scenarios);
  for (const { emulator, comparison, outvoted, open } of verdicts) {
    const { agreed, ruled, unexplained } = comparison;
    const decided = scenarios.length - agreed.size - unexplained.length;
    console.log(
      `${emulator.name}, seed ${seed}: ${scenarios.length} scenarios, ${agreed.size} agree, ${decided} decided, ` +
        `${outvoted} outvoted, ${open.length} open`,
    );
    for (const [ruling, count] of ruled) console.log(`  decided ${count} times: ${ruling.text}`);
    for (const disagreement of open.slice(0, SHOWN)) console.log(describeDisagreement(disagreement));
    if (open.length > 0) process.exitCode = 1;
  }
  if (group === '') writeResult('machine', toResult(scenarios, verdicts, process.argv.slice(2)));
}

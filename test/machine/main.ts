/**
 * npm run machine -- --cases 3000 --seed 7 [--group paging]: system-mode scenarios in both tiers of vmexit, in Bochs and in QEMU.
 *
 * Ends with status 1 if a difference is not decided. Leaves build/results/machine.json for the conformance page.
 */
import { parseArgs } from 'node:util';
import { writeResult } from '../conformance/results.js';
import { bochs, qemu } from './emulators.js';
import { generate } from './generate.js';
import { isNasmPresent } from './image.js';
import { describeDisagreement, toResult } from './report.js';
import { runAll } from './run.js';

const SHOWN = 20;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    group: { type: 'string', default: '' },
  },
});

if (!isNasmPresent() || !(bochs.isPresent() || qemu.isPresent()))
  console.log('skipped: this needs nasm, and Bochs or QEMU; "npm run setup" installs them');
else await main();

async function main(): Promise<void> {
  const scenarios = generate(Number(values.seed), Number(values.cases), values.group);
  const verdicts = await runAll(scenarios);
  for (const { emulator, comparison, outvoted, open } of verdicts) {
    const { agreed, ruled, unexplained } = comparison;
    const decided = scenarios.length - agreed.size - unexplained.length;
    console.log(
      `${emulator.name}, seed ${values.seed}: ${scenarios.length} scenarios, ${agreed.size} agree, ${decided} decided, ` +
        `${outvoted} outvoted, ${open.length} open`,
    );
    for (const [ruling, count] of ruled) console.log(`  decided ${count} times: ${ruling.text}`);
    for (const disagreement of open.slice(0, SHOWN)) console.log(describeDisagreement(disagreement));
    if (open.length > 0) process.exitCode = 1;
  }
  if (values.group === '') writeResult('machine', toResult(scenarios, verdicts, process.argv.slice(2)));
}

/** npm run programs: C programs, built in many ways, as Linux processes and as guests. See `--help`. */
import { writeResult } from '../conformance/results.js';
import { parseOptions, pattern, readCommandLine } from '../helpers/tool-options.js';
import { BUILDS, canBuild } from './builds.js';
import { compareBuild, type Comparison } from './compare.js';
import { resultOf } from './report.js';

const HELP = `npm run programs -- [options]

Builds C programs in many ways, runs each as a Linux process and as a guest, and compares what they print.
Ends with status 1 if a guest prints anything else than the process.

  --only    a regular expression over the names of builds: '^64-bit -O2'
  --save    leave the results where "npm run conformance" finds them
  --help    this text

Builds:
  ${BUILDS.map(({ name }) => name).join('\n  ')}
`;

const { only, isSaved } = readCommandLine(HELP, (args) => {
  const { only, save } = parseOptions(args, {
    only: { type: 'string', default: '' },
    save: { type: 'boolean', default: false },
  });
  return { only: pattern('--only', only), isSaved: save };
});
if (canBuild()) await runAll();
else console.log('skipped: this needs gcc-multilib on x86-64 Linux');

async function runAll(): Promise<void> {
  const all: Comparison[] = [];
  let total = 0;
  for (const build of BUILDS.filter(({ name }) => only.test(name))) {
    const { comparisons, instructions, seconds } = await compareBuild(build);
    all.push(...comparisons);
    total += instructions;
    const times = `compiled ${seconds.compiled.toFixed(2)} s, interpreted ${seconds.interpreted.toFixed(2)} s`;
    console.log(
      `${build.name}: ${comparisons.length} runs, ${differing(comparisons).length} differ; ${times}`,
    );
    for (const { program, tier, difference } of differing(comparisons)) {
      const { line, native, guest } = difference!;
      console.log(`  ${program}, ${tier}, line ${line}: ${native} natively, ${guest} in the guest`);
    }
  }
  console.log(`${all.length} runs of programs, ${total} instructions, ${differing(all).length} differ`);
  if (isSaved) writeResult('programs', resultOf(all));
  if (differing(all).length > 0) process.exitCode = 1;
}

function differing(comparisons: readonly Comparison[]): Comparison[] {
  return comparisons.filter(({ difference }) => difference !== undefined);
}

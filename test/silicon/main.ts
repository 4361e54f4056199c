/**
 * npm run silicon -- --cases 100000 --seed 7 [--bits 16]: a long comparison with this machine's processor.
 *
 * Ends with status 1 if anything differs; flags that the manual leaves undefined are listed, not failed.
 */
import { parseArgs } from 'node:util';
import { compare } from './compare.js';
import { SnippetGenerator } from './generate.js';
import { NativeProcessor } from './native.js';
import { VmexitSubject } from './vmexit-subject.js';
import type { Bits } from './record.js';

const BATCH = 10_000;
const SHOWN = 20;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    bits: { type: 'string' },
  },
});
const ALL: readonly Bits[] = [64, 32, 16];
const modes = values.bits === undefined ? ALL : ALL.filter((bits) => String(bits) === values.bits);
const subject = await VmexitSubject.create();
for (const bits of modes) run(bits, Number(values.cases), Number(values.seed));

function run(bits: Bits, cases: number, seed: number): void {
  const native = NativeProcessor.create(bits);
  if (native === undefined) {
    console.log(`${bits}-bit: skipped, this needs gcc-multilib on x86-64 Linux`);
    return;
  }
  const generator = new SnippetGenerator(bits, seed);
  let unreachable = 0;
  const byCulprit = new Map<string, { count: number; example: string }>();
  const undefinedFlags = new Map<string, number>();
  for (let done = 0; done < cases; done += BATCH) {
    const snippets = Array.from({ length: Math.min(BATCH, cases - done) }, () => generator.nextCase());
    const report = compare(snippets, native, subject);
    unreachable += report.unreachable;
    for (const [name, count] of report.undefinedFlags.counts) {
      undefinedFlags.set(name, (undefinedFlags.get(name) ?? 0) + count);
    }
    for (const { culprit, text } of report.mismatches) {
      const name = culprit.split(' ')[0] ?? '';
      const known = byCulprit.get(name);
      byCulprit.set(name, { count: (known?.count ?? 0) + 1, example: known?.example ?? text });
    }
  }
  const total = [...byCulprit.values()].reduce((sum, { count }) => sum + count, 0);
  console.log(
    `${bits}-bit, seed ${seed}: ${cases} cases, ${total} differ, ${unreachable} reached foreign memory`,
  );
  const worst = [...byCulprit].sort(([, a], [, b]) => b.count - a.count);
  for (const [name, { count, example }] of worst.slice(0, SHOWN))
    console.log(`\n${name}: ${count} cases\n${example}`);
  for (const [name, count] of undefinedFlags) console.log(`undefined flags differ: ${name}: ${count} cases`);
  if (total > 0) process.exitCode = 1;
}

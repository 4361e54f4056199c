/**
 * npm run silicon -- --cases 100000 --seed 7 [--bits 16] [--only <names of encodings>]: a long comparison with this
 * machine's processor.
 *
 * `--only` is a regular expression over iced's names of encodings. Ends with status 1 if anything differs; flags that the
 * manual leaves undefined are listed, not failed, and so is what vmexit does not implement.
 */
import { parseArgs } from 'node:util';
import { compare } from './compare.js';
import { SnippetGenerator } from './generate.js';
import { NativeProcessor } from './native.js';
import { Report } from './report.js';
import { VmexitSubject } from './vmexit-subject.js';
import type { Bits } from './record.js';
import type { Mismatch } from './report.js';

const BATCH = 4000;
const SHOWN = 20;
/** Inputs with which each sequence of instructions runs. */
const INPUTS = 4;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    bits: { type: 'string' },
    only: { type: 'string' },
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
  const only = values.only === undefined ? {} : { only: new RegExp(values.only) };
  const generator = new SnippetGenerator(bits, seed, {
    families: ['integer', 'extended'],
    inputs: INPUTS,
    ...only,
  });
  const report = new Report();
  const start = performance.now();
  for (let done = 0; done < cases; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, cases - done) }, () => generator.nextCase());
    report.merge(compare(batch, native, subject));
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${bits}-bit, seed ${seed}: ${report.cases} cases in ${seconds.toFixed(1)} s, ${report.mismatches.length} differ, ` +
      `${report.known.total} as known, ${report.unreachable} reached foreign memory, ` +
      `${report.unimplemented.total} not implemented`,
  );
  showMismatches(report.mismatches);
  for (const [name, count] of report.known.counts) console.log(`known deviation: ${name}: ${count} cases`);
  for (const [name, count] of report.undefinedFlags.counts)
    console.log(`undefined flags differ: ${name}: ${count} cases`);
  const missing = [...report.unimplemented.counts].sort();
  if (missing.length > 0)
    console.log(`not implemented: ${missing.map(([name, n]) => `${name} (${n})`).join(' ')}`);
  if (report.mismatches.length > 0) process.exitCode = 1;
}

function showMismatches(mismatches: readonly Mismatch[]): void {
  const byName = new Map<string, { count: number; example: string }>();
  for (const { culprit, text } of mismatches) {
    const name = culprit.split(' ')[0] ?? '';
    const known = byName.get(name);
    byName.set(name, { count: (known?.count ?? 0) + 1, example: known?.example ?? text });
  }
  const worst = [...byName].sort(([, a], [, b]) => b.count - a.count);
  for (const [name, { count, example }] of worst.slice(0, SHOWN))
    console.log(`\n${name}: ${count} cases\n${example}`);
}

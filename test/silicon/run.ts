/** A long comparison in one mode: batch after batch, until the wanted number of cases is reached. */
import { compare } from './compare.js';
import { SnippetGenerator } from './generate.js';
import type { GeneratorOptions } from './generate.js';
import { NativeProcessor } from './native.js';
import { Report } from './report.js';
import type { Bits } from './record.js';
import type { VmexitSubject } from './vmexit-subject.js';

const BATCH = 4000;

export interface RunOptions extends GeneratorOptions {
  readonly bits: Bits;
  readonly cases: number;
  readonly seed: number;
}

/** What executes in vmexit: 16-bit code is never compiled. */
export type Tier = 'interpreter' | 'compiled';

export function tiersOf(bits: Bits): readonly Tier[] {
  return bits === 16 ? ['interpreter'] : ['interpreter', 'compiled'];
}

/** Undefined if this machine cannot run such code. Each batch's report goes to `onReport`, if wanted. */
export function run(
  options: RunOptions,
  subject: VmexitSubject,
  onReport: (report: Report) => void = () => undefined,
): Report | undefined {
  const native = NativeProcessor.create(options.bits);
  if (native === undefined) return undefined;
  const generator = new SnippetGenerator(options.bits, options.seed, options);
  const total = new Report();
  while (total.cases < options.cases) {
    const count = Math.min(BATCH, options.cases - total.cases);
    const report = compare(
      Array.from({ length: count }, () => generator.nextCase()),
      native,
      subject,
    );
    total.merge(report);
    onReport(report);
  }
  return total;
}

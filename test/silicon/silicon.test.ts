/**
 * The first oracle: random integer snippets, run natively and in vmexit, must end bit for bit the same.
 *
 * The seed of a run is printed in the test's name; `npm run silicon -- --seed` repeats it and runs longer ones.
 */
import { beforeAll, expect, it } from 'vitest';
import { compare } from './compare.js';
import { SnippetGenerator } from './generate.js';
import { NativeProcessor } from './native.js';
import { VmexitSubject } from './vmexit-subject.js';

const CASES = 20_000;
const SEED = Number(process.env['SILICON_SEED'] ?? 20261122);

let subject: VmexitSubject;
beforeAll(async () => {
  subject = await VmexitSubject.create();
});

for (const bits of [64, 32, 16] as const) {
  const native = NativeProcessor.create(bits);
  const reason = native === undefined ? ' (skipped: needs gcc-multilib on x86-64 Linux)' : '';

  it.skipIf(native === undefined)(
    `${CASES} random ${bits}-bit snippets end as on this processor, seed ${SEED}${reason}`,
    { timeout: 300_000 },
    () => {
      if (native === undefined) return;
      const generator = new SnippetGenerator(bits, SEED);
      const snippets = Array.from({ length: CASES }, () => generator.nextCase());
      const report = compare(snippets, native, subject);
      expect(report.mismatches.map(({ text }) => text).join('\n\n')).toBe('');
      // Wild addresses are rare by construction; if they were not, the comparison would prove little.
      expect(report.unreachable).toBeLessThan(CASES / 100);
    },
  );
}

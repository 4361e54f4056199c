/** Random snippets, compiled before their first execution, end as on this machine's processor. */
import { expect, it } from 'vitest';
import { compare } from '../silicon/compare.js';
import { SnippetGenerator } from '../silicon/generate.js';
import { NativeProcessor } from '../silicon/native.js';
import { VmexitSubject } from '../silicon/vmexit-subject.js';

const CASES = 3000;
const SEED = Number(process.env['SILICON_SEED'] ?? 20261122);

for (const bits of [64, 32] as const) {
  const native = NativeProcessor.create(bits);
  const reason = native === undefined ? ' (skipped: needs gcc-multilib on x86-64 Linux)' : '';

  it.skipIf(native === undefined)(
    `${CASES} random ${bits}-bit snippets, compiled, end as on this processor, seed ${SEED}${reason}`,
    { timeout: 300_000 },
    async () => {
      if (native === undefined) return;
      const generator = new SnippetGenerator(bits, SEED);
      const snippets = Array.from({ length: CASES }, () => generator.nextCase());
      const subject = await VmexitSubject.create({ isCompiled: true });
      expect(
        compare(snippets, native, subject)
          .mismatches.map(({ text }) => text)
          .join('\n\n'),
      ).toBe('');
    },
  );
}

/**
 * The first oracle: random snippets, run natively and in vmexit, must end bit for bit the same.
 *
 * The seed of a run is printed in the test's name; `npm run silicon -- --seed` repeats it and runs longer ones.
 */
import { beforeAll, expect, it } from 'vitest';
import { NativeProcessor } from './native.js';
import { run } from './run.js';
import { describeReport } from './summary.js';
import { VmexitSubject } from './vmexit-subject.js';

const CASES = { 64: 80_000, 32: 70_000, 16: 60_000 } as const;
/** Inputs with which each sequence of instructions runs. */
const INPUTS = 8;
const SEED = Number(process.env['SILICON_SEED'] ?? 20261122);

let subject: VmexitSubject;
beforeAll(async () => {
  subject = await VmexitSubject.create();
});

for (const bits of [64, 32, 16] as const) {
  const isPossible = NativeProcessor.create(bits) !== undefined;
  const reason = isPossible ? '' : ' (skipped: needs gcc-multilib on x86-64 Linux)';
  const cases = CASES[bits];

  it.skipIf(!isPossible)(
    `${cases} random ${bits}-bit snippets end as on this processor, seed ${SEED}${reason}`,
    { timeout: 300_000 },
    () => {
      const report = run(
        { bits, cases, seed: SEED, families: ['integer', 'extended'], inputs: INPUTS },
        subject,
      );
      if (report === undefined) return;
      expect(report.differing, describeReport(report)).toBe(0);
      expect([...report.unimplemented.counts.keys()]).toEqual([]);
      // Wild addresses are rare by construction; if they were not, the comparison would prove little.
      expect(report.unreachable).toBeLessThan(cases / 100);
    },
  );
}

/**
 * The first oracle: random snippets, run natively and in vmexit, must end bit for bit the same.
 *
 * The seed of a run is printed in the test's name; `npm run silicon -- --seed` repeats it and runs longer ones.
 */
import { beforeAll, expect, it } from 'vitest';
import { NativeProcessor } from './native.js';
import { run, tiersOf } from './run.js';
import type { Tier } from './run.js';
import { describeReport } from './summary.js';
import { VmexitSubject } from './vmexit-subject.js';

const CASES = { 64: 80_000, 32: 70_000, 16: 60_000 } as const;
const COMPILED_CASES = 30_000;
/** Inputs with which each sequence of instructions runs. */
const INPUTS = 8;
const SEED = Number(process.env['SILICON_SEED'] ?? 20261122);

const subjects = {} as Record<Tier, VmexitSubject>;
beforeAll(async () => {
  subjects.interpreter = await VmexitSubject.create();
  subjects.compiled = await VmexitSubject.create({ isCompiled: true });
});

const ROWS = ([64, 32, 16] as const).flatMap((bits) =>
  tiersOf(bits).map((tier) => {
    const isPossible = NativeProcessor.create(bits) !== undefined;
    const reason = isPossible ? '' : ' (skipped: needs gcc-multilib on x86-64 Linux)';
    const cases = tier === 'compiled' ? COMPILED_CASES : CASES[bits];
    return { bits, tier, isPossible, reason, cases };
  }),
);

for (const { bits, tier, isPossible, reason, cases } of ROWS) {
  it.skipIf(!isPossible)(
    `${cases} random ${bits}-bit snippets (${tier}) end as on this processor, seed ${SEED}${reason}`,
    { timeout: 300_000 },
    () => {
      const report = run(
        { bits, cases, seed: SEED, families: ['integer', 'extended'], inputs: INPUTS },
        subjects[tier],
      );
      if (report === undefined) return;
      expect(report.differing, describeReport(report)).toBe(0);
      expect([...report.unimplemented.counts.keys()]).toEqual([]);
      // Wild addresses are rare by construction; if they were not, the comparison would prove little.
      expect(report.unreachable).toBeLessThan(cases / 100);
    },
  );
}

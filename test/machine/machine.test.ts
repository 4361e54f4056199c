/**
 * A slice of what `npm run machine` does at length: system-mode scenarios in both tiers of vmexit, in Bochs and in QEMU. What differs
 * is decided in bochs-rulings.ts and qemu-rulings.ts, or fails.
 */
import { expect, it } from 'vitest';
import { bochs } from './emulators.js';
import { generate } from './generate.js';
import { isNasmPresent } from './image.js';
import { describeDisagreement } from './report.js';
import { runAll } from './run.js';
import { compiledTier } from './vmexit-subject.js';

const SEED = 1;
const CASES = 400;
const TIMEOUT_MS = 180_000;

it.skipIf(!isNasmPresent() || !bochs.isPresent())(
  `${CASES} scenarios with seed ${SEED} differ nowhere without a decision (skipped without nasm and Bochs)`,
  async () => {
    const scenarios = generate(SEED, CASES);
    const verdicts = await runAll(scenarios);
    expect(verdicts.map(({ emulator }) => emulator)).toContain(compiledTier);
    for (const { emulator, comparison, open } of verdicts) {
      expect(open.map(describeDisagreement), emulator.name).toEqual([]);
      // Not everything may be explained away.
      if (emulator === bochs) expect(comparison.agreed.size).toBeGreaterThan(0.9 * CASES);
    }
  },
  TIMEOUT_MS,
);

/** A slice of `npm run robustness`: random and mutated code in every mode ends, throws nothing, and ends alike in both tiers. */
import { expect, it } from 'vitest';
import { MODES } from './modes.js';
import { runBatch } from './run.js';
import { TierPair } from './tiers.js';

/** ROBUSTNESS_CASES=5000 looks longer, and ROBUSTNESS_SEED elsewhere. */
const CASES = Number(process.env['ROBUSTNESS_CASES'] ?? 300);
const SEED = Number(process.env['ROBUSTNESS_SEED'] ?? 20261122);
const pair = await TierPair.create();

it.each(MODES)(`${CASES} cases in $name mode, seed ${SEED}`, { timeout: 300_000 }, (mode) => {
  const { cases, ends, failures } = runBatch(pair, mode, SEED, CASES);
  expect(failures).toEqual([]);
  expect(cases).toBe(CASES);
  // The code does run for a while: most cases spend their instructions.
  expect(ends['Budget']).toBeGreaterThan(CASES / 2);
});

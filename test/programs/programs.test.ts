/** A few builds of the C programs print natively and as guests the same; `npm run programs` takes them all. */
import { expect, it } from 'vitest';
import { BUILDS, canBuild, PROGRAMS } from './builds.js';
import { compareBuild, TIERS } from './compare.js';
import { resultOf } from './report.js';

const isPossible = canBuild();
const reason = isPossible ? '' : ' (skipped: needs gcc-multilib on x86-64 Linux)';
/** Scalar SSE, AVX2 and FMA, x87 with 64-bit arithmetic from libgcc, SSE2 in 32-bit code. */
const CHOSEN = ['64-bit -O2', '64-bit -O3 x86-64-v3', '32-bit -O2 i686', '32-bit -O3 x86-64-v2'];

it.skipIf(!isPossible).each(CHOSEN)(`%s${reason}`, { timeout: 120_000 }, async (name) => {
  const subject = BUILDS.find((build) => build.name === name)!;
  const { comparisons } = await compareBuild(subject);
  expect(comparisons.filter(({ difference }) => difference !== undefined)).toEqual([]);
  expect(comparisons).toHaveLength(PROGRAMS.length * TIERS.length);
  // Values were printed, not only headings.
  for (const { lines } of comparisons) expect(lines).toBeGreaterThan(3);
  expect(resultOf(comparisons).rows).toMatchObject([{ cases: comparisons.length, differing: 0 }]);
});

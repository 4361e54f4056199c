/** What a run says on the conformance page: a row for each build, whose cases are programs and tiers. */
import type { ResultFile, ResultRow } from '../conformance/results.js';
import { PROGRAMS } from './builds.js';
import type { Comparison } from './compare.js';

export function resultOf(comparisons: readonly Comparison[]): ResultFile {
  const rows = new Map<string, ResultRow>();
  for (const { build, difference } of comparisons) {
    const { cases, differing } = rows.get(build.name) ?? { cases: 0, differing: 0 };
    rows.set(build.name, {
      group: build.options.join(' '),
      oracle: 'native run',
      mode: `${build.bits}-bit`,
      cases: cases + 1,
      differing: differing + (difference === undefined ? 0 : 1),
    });
  }
  return {
    command: 'npm run programs -- --save',
    title: 'C programs',
    summary:
      `${PROGRAMS.join(', ')}: compiled by gcc, run as a Linux process and, from the same objects, as a guest in the interpreter ` +
      'and in the compiled tier. What they print, checksums and floating-point values as they are in memory, must be the same.',
    rows: [...rows.values()],
  };
}

/** What a run says on the conformance page. */
import type { ResultFile } from '../conformance/results.js';
import { MODES } from './modes.js';
import type { Tally } from './run.js';

export function resultOf(tallies: ReadonlyMap<number, Tally>, args: string): ResultFile {
  return {
    command: `npm run robustness -- ${args}`,
    title: 'Random code',
    summary:
      'Random bytes, random opcodes, and valid code with bits flipped, under random segments, page permissions and gates: nothing ' +
      'throws or hangs, and the interpreter and the compiled tier end alike in registers, flags, memory and clock.',
    rows: [...tallies].map(([mode, { cases, failures }]) => ({
      group: 'random and mutated code',
      oracle: 'the other tier',
      mode: MODES[mode]!.name,
      cases,
      differing: failures.length,
    })),
  };
}

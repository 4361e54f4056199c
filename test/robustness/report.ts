/** What a run says on the conformance page. */
import type { ResultFile } from '../conformance/results.js';
import { MODES } from './modes.js';
import type { Tally } from './run.js';

export function resultOf(tallies: ReadonlyMap<number, Tally>, args: string): ResultFile {
  return {
    command: `npm run robustness -- ${args}`,
    title: 'Random code',
    summary:
      'A case is one string of bytes as code: random bytes, random opcodes, or valid code with bits flipped, under random ' +
      'segments, page permissions, gates and intercepts. Nothing throws or hangs, and two runs end alike in registers, flags, ' +
      'memory and clock: of the interpreter, in 16-bit modes and sometimes else one instruction at a time, and of the tier that ' +
      'compiles 32- and 64-bit code once it is executed for the first, second, fourth, eighth or sixteenth time.',
    rows: [...tallies].map(([mode, { cases, failures }]) => ({
      group: 'random and mutated code',
      oracle: 'the other run',
      mode: MODES[mode]!.name,
      cases,
      differing: failures.length,
    })),
  };
}

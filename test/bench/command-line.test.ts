/** The options of `npm run bench`. */
import { expect, it } from 'vitest';
import { budgetFor, parseCommandLine } from '../../bench/command-line.js';
import { SECTION_NAMES } from '../../bench/section.js';
import { UsageError } from '../../src/index.js';

it('measures everything at length unless told otherwise', () => {
  expect(parseCommandLine([])).toEqual({ isHelp: false, isQuick: false, sections: SECTION_NAMES });
});

it('takes one part or several', () => {
  expect(parseCommandLine(['--only', 'switch']).sections).toEqual(['switch']);
  expect(parseCommandLine(['--only=nmi, memory', '--quick']).sections).toEqual(['nmi', 'memory']);
});

it('is bounded when quick', () => {
  const quick = budgetFor(parseCommandLine(['--quick']));
  const full = budgetFor(parseCommandLine([]));
  expect(quick.timeMs + quick.warmupMs).toBeLessThan(full.timeMs + full.warmupMs);
});

// prettier-ignore
it.each<[args: string[], message: RegExp]>([
  [['--fast'],            /^Unknown option '--fast'; see --help$/],
  [['switch'],            /^Unexpected argument 'switch'.*; see --help$/],
  [['--only'],            /^Option '--only <value>' argument missing; see --help$/],
  [['--only', 'cpu'],     /^--only expects one of interpreter, switch, nmi, forks, memory, startup, growth, not "cpu"$/],
  [['--only', ''],        /^--only expects one of .*, not ""$/],
  [['--quick=yes'],       /^Option '--quick' does not take an argument; see --help$/],
])('refuses %j in one line', (args, message) => {
  const parse = () => parseCommandLine(args);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});

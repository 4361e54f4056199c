/** What `npm run bench -- …` understands. */
import { oneOf, parseOptions } from '../test/helpers/tool-options.js';
import type { Budget } from './measure.js';
import { SECTION_NAMES, type SectionName } from './section.js';

export interface Settings {
  readonly isHelp: boolean;
  readonly isQuick: boolean;
  readonly sections: readonly SectionName[];
}

export const HELP = `npm run bench -- [--quick] [--only part[,part]] [--help]

Measures vmexit on this machine, prints tables, and writes them to bench/results as JSON.

  --quick   a short look, under 15 seconds on an idle machine
  --only    ${SECTION_NAMES.join(', ')}: one of them, or several with commas between
  --help    this text

How to read the numbers, and the numbers of a named machine: bench/README.md
`;

const OPTIONS = {
  quick: { type: 'boolean' },
  only: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const FULL: Budget = { warmupMs: 700, timeMs: 2000, samples: 15 };
const QUICK: Budget = { warmupMs: 150, timeMs: 250, samples: 3 };

export function budgetFor({ isQuick }: Settings): Budget {
  return isQuick ? QUICK : FULL;
}

/** Throws a `UsageError` of one line. */
export function parseCommandLine(args: readonly string[]): Settings {
  const { quick, only, help } = parseOptions(args, OPTIONS);
  const sections =
    only?.split(',').map((name) => oneOf('--only', SECTION_NAMES, name.trim())) ?? SECTION_NAMES;
  return { isHelp: help ?? false, isQuick: quick ?? false, sections };
}

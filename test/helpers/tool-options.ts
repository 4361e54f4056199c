/** The command lines of the repository's own programs: options, help, and mistakes told in one line. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from '../../src/errors.js';

/** The caller's mistake. */
const USAGE = 2;

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; strict: true }>
>['values'];

/** What parseArgs gives for these options. Throws a `UsageError` of one line. */
export function parseOptions<const T extends Options>(args: readonly string[], options: T): Values<T> {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    // Node's message goes on with advice about positional arguments, of which there are none.
    throw new UsageError(`${/^[^.\n]*/.exec((error as Error).message)?.[0] ?? ''}; see --help`);
  }
}

/** A number given as text, such as 5000 or 10e6. Throws a `UsageError` of one line. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new UsageError(`${option} expects a whole number, not ${JSON.stringify(text)}; see --help`);
}

/** A regular expression. Throws a `UsageError` of one line. */
export function pattern(option: string, text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}; see --help`);
  }
}

/** One of several words. Throws a `UsageError` of one line. */
export function oneOf<T extends string>(option: string, words: readonly T[], given: string): T {
  const known = words.find((word) => word === given);
  if (known !== undefined) return known;
  throw new UsageError(`${option} expects one of ${words.join(', ')}, not ${JSON.stringify(given)}`);
}

/**
 * What `parse` makes of the arguments of this process. Prints the help where they ask for it, or what is wrong with them, and
 * ends the process.
 *
 * @param help The whole text; its first word after "npm run" is the program's name.
 */
export function readCommandLine<T>(help: string, parse: (args: readonly string[]) => T): T {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    process.exit();
  }
  try {
    return parse(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${/^npm run (\S+)/.exec(help)?.[1]}: ${error.message}`);
    process.exit(USAGE);
  }
}

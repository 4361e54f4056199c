/** The command line as a function: arguments and streams in, exit status out. */
import { readFile } from 'node:fs/promises';
import { InvariantError, VmexitError } from '../errors.js';
import { compareCommand } from './compare-command.js';
import { HELP } from './help.js';
import { listCommand } from './list-command.js';
import { type Arguments, type CommandName, OPTIONS, parseOptions } from './options.js';
import { runCommand } from './run-command.js';
import { didYouMean } from './suggestion.js';
import type { Terminal } from './terminal.js';

/** The caller's mistake. */
const USAGE = 2;
/** Ours; the number is that of sysexits.h. */
const INTERNAL = 70;

const COMMANDS: { readonly [K in CommandName]: (args: Arguments, terminal: Terminal) => Promise<number> } = {
  run: runCommand,
  compare: compareCommand,
  list: listCommand,
};

/** @param args What follows the command's own name. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (error instanceof VmexitError && !(error instanceof InvariantError)) {
      terminal.stderr.write(`vmexit: ${error.message}\n`);
      return USAGE;
    }
    const trace = error instanceof Error ? error.stack : String(error);
    terminal.stderr.write(`vmexit: a defect in vmexit itself, please report it:\n${trace}\n`);
    return INTERNAL;
  }
}

async function dispatch([name, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  switch (name) {
    case undefined:
      terminal.stderr.write(HELP.commands);
      return USAGE;
    case '--help':
    case '-h':
    case 'help':
      terminal.stdout.write(isCommand(rest[0]) ? HELP[rest[0]] : HELP.commands);
      return 0;
    case '--version':
      terminal.stdout.write(`${await version()}\n`);
      return 0;
  }
  if (!isCommand(name)) {
    const hint = didYouMean(name, Object.keys(OPTIONS));
    terminal.stderr.write(
      `vmexit: there is no command ${JSON.stringify(name)}${hint}; see "vmexit --help"\n`,
    );
    return USAGE;
  }
  const given = parseOptions(name, rest);
  if (given.options['help']) {
    terminal.stdout.write(HELP[name]);
    return 0;
  }
  return COMMANDS[name](given, terminal);
}

function isCommand(name: string | undefined): name is CommandName {
  return name !== undefined && Object.hasOwn(OPTIONS, name);
}

/** From the package's own package.json: three folders up from dist/src/cli, two from src/cli. */
async function version(): Promise<string> {
  for (const path of ['../../../package.json', '../../package.json']) {
    const text = await readFile(new URL(path, import.meta.url), 'utf8').catch(() => undefined);
    const manifest = text === undefined ? {} : (JSON.parse(text) as { name?: string; version?: string });
    if (manifest.name === 'vmexit' && manifest.version) return manifest.version;
  }
  throw new InvariantError('vmexit is not in its own package');
}

/** The commands by name, and what becomes of their errors. */
import { InvariantError, VmexitError } from '../errors.js';
import { compareCommand } from './compare-command.js';
import { ExitStatus } from './exit-status.js';
import { refuseConflicts } from './file-conflicts.js';
import { HELP } from './help.js';
import { listCommand } from './list-command.js';
import { mergeCommand } from './merge-command.js';
import { type Arguments, type CommandName, OPTIONS, parseOptions } from './options.js';
import { recordCommand } from './record-command.js';
import { replayCommand } from './replay-command.js';
import { resumeCommand } from './resume-command.js';
import { runCommand } from './run-command.js';
import { didYouMean } from './suggestion.js';
import type { Terminal } from './terminal.js';

type Command = (args: Arguments, terminal: Terminal) => Promise<number>;

/** Those that need more than the others, an assembler, a server, a pool of threads, a queue, are loaded when they are called for. */
const COMMANDS: { readonly [K in CommandName]: () => Command | Promise<Command> } = {
  run: () => runCommand,
  resume: () => resumeCommand,
  record: () => recordCommand,
  replay: () => replayCommand,
  gdb: async () => (await import('./gdb-command.js')).gdbCommand,
  compare: () => compareCommand,
  sweep: async () => (await import('./sweep-command.js')).sweepCommand,
  worker: async () => (await import('./fleet/worker-command.js')).workerCommand,
  merge: () => mergeCommand,
  scenario: async () => (await import('./scenario-command.js')).scenarioCommand,
  asm: async () => (await import('./asm-command.js')).asmCommand,
  list: () => listCommand,
};

/** @param args What follows `name`. */
export async function executeCommand(
  name: string,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    return await dispatch(name, args, terminal);
  } catch (error) {
    if (error instanceof VmexitError && !(error instanceof InvariantError)) {
      terminal.stderr.write(`vmexit: ${error.message}\n`);
      return ExitStatus.Usage;
    }
    const trace = error instanceof Error ? error.stack : String(error);
    terminal.stderr.write(`vmexit: a defect in vmexit itself, please report it:\n${trace}\n`);
    return ExitStatus.Internal;
  }
}

async function dispatch(name: string, args: readonly string[], terminal: Terminal): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    terminal.stdout.write(isCommand(args[0]) ? HELP[args[0]] : HELP.commands);
    return 0;
  }
  if (!isCommand(name)) {
    const hint = didYouMean(name, Object.keys(OPTIONS));
    terminal.stderr.write(
      `vmexit: there is no command ${JSON.stringify(name)}${hint}; see "vmexit --help"\n`,
    );
    return ExitStatus.Usage;
  }
  const given = parseOptions(name, args);
  if (given.options['help']) {
    terminal.stdout.write(HELP[name]);
    return 0;
  }
  await refuseConflicts(name, given);
  const command = await COMMANDS[name]();
  return command(given, terminal);
}

function isCommand(name: string | undefined): name is CommandName {
  return name !== undefined && Object.hasOwn(OPTIONS, name);
}

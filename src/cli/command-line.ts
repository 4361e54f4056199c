/**
 * The command line as a function: arguments and streams in, exit status out.
 *
 * What needs no library is answered here, and nothing is loaded for it.
 */
import { ExitStatus } from './exit-status.js';
import { OVERVIEW } from './overview.js';
import type { Terminal } from './terminal.js';
import { version } from './version.js';

/** @param args What follows the command's own name. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  switch (name) {
    case undefined:
      terminal.stderr.write(OVERVIEW);
      return ExitStatus.Usage;
    case '--version':
      terminal.stdout.write(`${await version()}\n`);
      return 0;
    case '--help':
    case '-h':
    case 'help':
      if (rest.length > 0) break;
      terminal.stdout.write(OVERVIEW);
      return 0;
  }
  const { executeCommand } = await import('./commands.js');
  return executeCommand(name, rest, terminal);
}

/** `vmexit resume`. */
import { basename } from 'node:path';
import { UsageError } from '../errors.js';
import { readSnapshot, restoreVm, SymbolTable } from '../index.js';
import { scenarioStrategy } from './deliveries.js';
import { readMachineFile } from './machine-file.js';
import { driveMachine, openRunFiles } from './machine-run.js';
import { type Arguments, maxInstructions } from './options.js';
import type { Terminal } from './terminal.js';

export async function resumeCommand(
  { options, positionals }: Arguments,
  terminal: Terminal,
): Promise<number> {
  const [path, second] = positionals;
  if (path === undefined || second !== undefined)
    throw new UsageError(`resume takes one snapshot, got ${positionals.length}; see "vmexit resume --help"`);
  const limit = maxInstructions(options);
  const files = await openRunFiles(options);
  const snapshot = await readMachineFile(path, readSnapshot);
  const nmi = scenarioStrategy(snapshot.machine.nmi);
  return driveMachine({
    name: basename(path),
    delivery: snapshot.machine.nmi,
    symbols: SymbolTable.EMPTY,
    make: (onTrace) => restoreVm(snapshot, { jit: !options['no-jit'], nmi, onTrace }),
    limit,
    options,
    files,
    terminal,
  });
}

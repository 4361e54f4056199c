/** `vmexit resume`. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { UsageError } from '../errors.js';
import { readSnapshot, restoreVm, SnapshotError, SymbolTable, type VmSnapshot } from '../index.js';
import { driveMachine, openRunFiles } from './machine-run.js';
import { type Arguments, maxInstructions } from './options.js';
import { reasonOf } from './system-error.js';
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
  const snapshot = await open(path);
  return driveMachine({
    name: basename(path),
    delivery: snapshot.machine.nmi,
    symbols: SymbolTable.EMPTY,
    make: (onTrace) => restoreVm(snapshot, { jit: !options['no-jit'], onTrace }),
    limit,
    options,
    files,
    terminal,
  });
}

async function open(path: string): Promise<VmSnapshot> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new UsageError(`cannot read ${JSON.stringify(path)}: ${reasonOf(error as NodeJS.ErrnoException)}`);
  });
  return readSnapshot(bytes).catch((error: unknown) => {
    if (!(error instanceof SnapshotError)) throw error;
    throw new SnapshotError(error.code, `${path}: ${error.message}`);
  });
}

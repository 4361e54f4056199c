/** `--invariant`: a module of the user's whose exports are invariants. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../errors.js';
import type { Invariant } from '../lab/index.js';

/** Every export is an invariant by its name; the default export is called `default`. */
export async function readInvariants(path: string): Promise<Record<string, Invariant>> {
  const exported = await import(pathToFileURL(resolve(path)).href).catch((error: unknown) => {
    throw new UsageError(`--invariant: cannot load ${path}: ${(error as Error).message.split('\n')[0]}`);
  });
  const entries = Object.entries(exported as Record<string, unknown>);
  if (entries.length === 0) throw new UsageError(`--invariant: ${path} exports nothing`);
  for (const [name, value] of entries)
    if (typeof value !== 'function')
      throw new UsageError(`--invariant: ${path} exports ${name}, which is no function`);
  return Object.fromEntries(
    entries.map(([name, invariant]) => [name, explained(name, path, invariant as Invariant)]),
  );
}

/** What goes wrong in it is its author's to mend. */
function explained(name: string, path: string, invariant: Invariant): Invariant {
  return (seen) => {
    try {
      return invariant(seen);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new UsageError(`--invariant: ${name} of ${path} threw: ${message}`);
    }
  };
}

/** A worker thread of a sweep: runs one unit after the other. */
import { workerData } from 'node:worker_threads';
import { InvariantError, UsageError } from '../errors.js';
import { SymbolTable, type LoadedGuest } from '../index.js';
import {
  type SweepPlan,
  type SweepUnit,
  type UnitKey,
  UnitRunner,
  type RunSweepOptions,
} from '../lab/index.js';
import { deliveryNamed } from './deliveries.js';
import { readInvariants } from './invariant-file.js';

/** What is the same for all units. */
export interface SweepOrder {
  readonly rest: Omit<
    RunSweepOptions,
    'guest' | 'invariants' | 'executor' | 'signal' | 'onProgress' | 'known' | 'deliveries'
  >;
  readonly image: Omit<LoadedGuest, 'symbols'>;
  readonly symbols: ConstructorParameters<typeof SymbolTable>[0];
  readonly plan: SweepPlan;
  readonly invariantFile: string | undefined;
}

let runner: Promise<UnitRunner> | undefined;

/** What comes back: an error loses its class between threads. */
export type SweepAnswer = { readonly unit: SweepUnit } | { readonly mistake: string };

export default async function runUnit({ delivery, index }: UnitKey): Promise<SweepAnswer> {
  try {
    runner ??= makeRunner();
    const unit = await (await runner).run(delivery, index);
    if (unit === null) throw new InvariantError('a unit ended that nobody ended');
    return { unit };
  } catch (error) {
    if (error instanceof UsageError) return { mistake: error.message };
    throw error;
  }
}

async function makeRunner(): Promise<UnitRunner> {
  // The pool's own data comes first.
  const [, order] = workerData as [unknown, SweepOrder];
  const { rest, image, symbols, plan, invariantFile } = order;
  const guest = { ...image, symbols: new SymbolTable(symbols) };
  const invariants = invariantFile === undefined ? undefined : await readInvariants(invariantFile);
  // Strategies are code, which does not cross to a thread: their names are in the plan.
  const deliveries = plan.deliveries.map((name) => deliveryNamed(name));
  return new UnitRunner({ ...rest, guest, invariants, deliveries }, plan);
}

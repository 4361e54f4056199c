/** `vmexit list`. */
import { UsageError } from '../errors.js';
import { listShippedGuests, STRATEGIES } from '../index.js';
import type { Arguments } from './options.js';
import { bold, type Terminal } from './terminal.js';

export async function listCommand({ positionals }: Arguments, terminal: Terminal): Promise<number> {
  if (positionals.length > 0)
    throw new UsageError(`list takes no arguments, but got ${JSON.stringify(positionals[0])}`);
  const guests = await listShippedGuests();
  const strategies = Object.entries(STRATEGIES);
  const width = Math.max(
    ...[...guests.map(({ name }) => name), ...strategies.map(([name]) => name)].map((n) => n.length),
  );
  const { stdout } = terminal;
  stdout.write(`${bold('guests', stdout, terminal)}\n`);
  for (const { name, summary } of guests) stdout.write(`  ${name.padEnd(width)}  ${summary}\n`);
  stdout.write(`\n${bold('delivery strategies', stdout, terminal)}\n`);
  for (const [name, { description }] of strategies) stdout.write(`  ${name.padEnd(width)}  ${description}\n`);
  return 0;
}

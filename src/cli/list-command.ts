/** `vmexit list`. */
import { UsageError } from '../errors.js';
import { CPU_MODELS, listShippedGuests, STRATEGIES } from '../index.js';
import type { Arguments } from './options.js';
import { bold, type Terminal } from './terminal.js';

export async function listCommand({ positionals }: Arguments, terminal: Terminal): Promise<number> {
  if (positionals.length > 0)
    throw new UsageError(`list takes no arguments, but got ${JSON.stringify(positionals[0])}`);
  const guests = await listShippedGuests();
  const strategies = Object.entries(STRATEGIES);
  const models = Object.values(CPU_MODELS);
  const names = [...guests, ...models].map(({ name }) => name).concat(strategies.map(([name]) => name));
  const width = Math.max(...names.map((name) => name.length));
  const { stdout } = terminal;
  stdout.write(`${bold('guests', stdout, terminal)}\n`);
  for (const { name, summary } of guests) stdout.write(`  ${name.padEnd(width)}  ${summary}\n`);
  stdout.write(`\n${bold('delivery strategies', stdout, terminal)}\n`);
  for (const [name, { description }] of strategies) stdout.write(`  ${name.padEnd(width)}  ${description}\n`);
  stdout.write(`\n${bold('processor models', stdout, terminal)}\n`);
  for (const { name, description } of models) stdout.write(`  ${name.padEnd(width)}  ${description}\n`);
  return 0;
}

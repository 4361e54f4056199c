/**
 * What a fleet's workers need to run units of a sweep, as text: it lies in Redis once, under its own hash, and each job
 * names it.
 */
import { createHash } from 'node:crypto';
import { UsageError } from '../../errors.js';
import { type LoadedGuest, SymbolTable } from '../../index.js';
import { deliveryNamed } from '../deliveries.js';
import { planSweep, type SweepOptions, type SweepPlan } from '../../lab/index.js';

/** Options that are data. Invariants of one's own are code, which does not travel: workers are started with the same file. */
const ORDERED = [
  'name',
  'memoryBytes',
  'cpu',
  'seed',
  'jit',
  'from',
  'to',
  'symbol',
  'pairs',
  'mayWrite',
  'outputFollows',
  'latencyBound',
  'handlerLimit',
  'maxInstructions',
  'violationLimit',
  'command',
] as const satisfies readonly (keyof SweepOptions)[];
type OrderedOptions = Pick<SweepOptions, (typeof ORDERED)[number]>;

export interface SweepOrder {
  readonly options: SweepOptions;
  readonly plan: SweepPlan;
}

interface OrderText {
  readonly producer: string;
  readonly plan: SweepPlan;
  /** Deliveries by name: strategies are code. */
  readonly options: OrderedOptions & { readonly deliveries: readonly string[] };
  readonly guest: {
    readonly format: LoadedGuest['format'];
    readonly entry: LoadedGuest['entry'];
    readonly pieces: readonly { label: string; address: number; memoryBytes: number; base64: string }[];
    readonly symbols: readonly { name: string; address: string; size: number }[];
  };
}

export function writeOrder(producer: string, plan: SweepPlan, options: SweepOptions): string {
  const { guest } = options;
  const order: OrderText = {
    producer,
    plan,
    options: {
      ...(Object.fromEntries(ORDERED.map((name) => [name, options[name]])) as unknown as OrderedOptions),
      deliveries: plan.deliveries,
    },
    guest: {
      format: guest.format,
      entry: guest.entry,
      pieces: guest.pieces.map(({ bytes, ...piece }) => ({
        ...piece,
        base64: Buffer.from(bytes).toString('base64'),
      })),
      symbols: [...guest.symbols].map((symbol) => ({ ...symbol, address: `${symbol.address}` })),
    },
  };
  return JSON.stringify(order);
}

export function hashOfOrder(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}

/** Enough that two sweeps never share one; ids stay readable. */
const HASH_DIGITS = 32;

/**
 * Throws a `UsageError` unless the text is the order with this hash, made by this version, and means the plan that it says.
 *
 * @param invariants Those of the worker.
 */
export async function readOrder(
  text: string,
  hash: string,
  producer: string,
  invariants: SweepOptions['invariants'],
): Promise<SweepOrder> {
  if (hashOfOrder(text) !== hash) throw new UsageError('an order in Redis is not what its name says');
  const order = JSON.parse(text) as OrderText;
  if (order.producer !== producer)
    throw new UsageError(`this worker is ${producer}, and the sweep was begun by ${order.producer}`);
  const { pieces, symbols, ...image } = order.guest;
  const guest = {
    ...image,
    pieces: pieces.map(({ base64, ...piece }) => ({
      ...piece,
      bytes: new Uint8Array(Buffer.from(base64, 'base64')),
    })),
    symbols: new SymbolTable(symbols.map((symbol) => ({ ...symbol, address: BigInt(symbol.address) }))),
  };
  const deliveries = order.options.deliveries.map((name) => deliveryNamed(name));
  const options = { ...order.options, guest, invariants, deliveries };
  const plan = await planSweep(options);
  if (JSON.stringify(plan) !== JSON.stringify(order.plan))
    throw new UsageError(`this worker's plan of the sweep of ${plan.guest} is not the one that was ordered`);
  return { options, plan };
}

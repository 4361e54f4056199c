/** From what a caller asks to a plan that says exactly what is swept, and that results of other processes can be held against. */
import { DEFAULT_MEMORY_BYTES } from '../../create-vm.js';
import { UsageError } from '../../errors.js';
import {
  type CustomStrategy,
  requireStrategy,
  STRATEGY_NAMES,
  type StrategyName,
} from '../../hypervisor/nmi/strategies.js';
import type { LoadedGuest } from '../../loader/image.js';
import { EXIT_PROMISES, type ExitPromise } from './exit-promises.js';
import { resolveRanges, STRICT_CONTRACT } from './handler-contract.js';
import type { Invariant } from './invariants/invariant.js';
import { INVARIANTS } from './invariants.js';
import type { GuestOptions } from './sweep-machine.js';
import type { SweepPlan } from './sweep-result.js';

/** A delivery to sweep: one that vmexit models, or one of the caller's and the exits that it may cost. */
export type SweptDelivery = StrategyName | (CustomStrategy & { readonly promise?: ExitPromise | undefined });

export interface SweepOptions extends Pick<GuestOptions, 'memoryBytes' | 'cpu' | 'seed' | 'jit'> {
  /** What to call the guest. */
  readonly name: string;
  /** As `loadGuest`, `loadAssembly` and `loadShippedGuest` give it, for the same `memoryBytes`. */
  readonly guest: LoadedGuest;
  /** All that vmexit models, unless given. */
  readonly deliveries?: readonly SweptDelivery[] | undefined;
  /**
   * The first boundary, in the machine's time: when the guest's NMI handler is in place. Unless given, where the guest asks
   * for its first NMI itself, or 0.
   */
  readonly from?: number | undefined;
  /** Where it ends, not included; with the guest, unless given. */
  readonly to?: number | undefined;
  /** Only boundaries before an instruction of this symbol. */
  readonly symbol?: string | undefined;
  /** A second NMI at every boundary of the handler's run. */
  readonly pairs?: boolean | undefined;
  /** What the handler may write: `symbol`, `symbol:bytes` or `from-to`. Nothing, unless given. */
  readonly mayWrite?: readonly string[] | undefined;
  /** The guest prints numbers that depend on it. */
  readonly outputFollows?: boolean | undefined;
  /** Most instructions from request to handler; as many as masks and shadows explain, unless given. */
  readonly latencyBound?: number | undefined;
  /** Most instructions from a request until the handler is back; 100,000 unless given. */
  readonly handlerLimit?: number | undefined;
  /** Most instructions of the guest's own run; 20 million unless given. */
  readonly maxInstructions?: number | undefined;
  /** More invariants by name; names of vmexit's own replace these. */
  readonly invariants?: Readonly<Record<string, Invariant>> | undefined;
  /** Violations of one invariant under one delivery that are reported in full; 10 unless given. */
  readonly violationLimit?: number | undefined;
  /** The command that runs the guest, for reproductions; `vmexit run` and the guest's name unless given. */
  readonly command?: string | undefined;
}

const DEFAULT_HANDLER_LIMIT = 100_000;
const DEFAULT_MAX_INSTRUCTIONS = 20_000_000;
const DEFAULT_VIOLATION_LIMIT = 10;
const DEFAULT_SEED = 1;
/** Small enough that progress shows and that work is shared evenly, large enough that starting one costs nothing. */
const UNIT_INSTRUCTIONS = 256;

/** Everything that `SweepOptions` may leave out, decided and checked. Throws a `UsageError` for what cannot be meant. */
export async function planSweep(options: SweepOptions): Promise<SweepPlan> {
  const { guest, memoryBytes = DEFAULT_MEMORY_BYTES, mayWrite = STRICT_CONTRACT.mayWrite } = options;
  const from = options.from === undefined ? null : count('from', options.from, 0);
  const to = options.to === undefined ? null : count('to', options.to, 0);
  if (to !== null && to <= (from ?? 0))
    throw new UsageError(`the sweep's end, ${to}, is not after its beginning, ${from ?? 0}`);
  resolveRanges(mayWrite, guest.symbols);
  if (options.symbol !== undefined) symbolRange(guest, options.symbol);
  return {
    guest: options.name,
    guestHash: await hashOf(guest),
    memoryBytes,
    cpu: options.cpu ?? 'default',
    seed: `${options.seed ?? DEFAULT_SEED}`,
    deliveries: deliveriesOf(options).map(({ name }) => name),
    from,
    to,
    symbol: options.symbol ?? null,
    pairs: options.pairs ?? false,
    mayWrite,
    outputFollows: options.outputFollows ?? STRICT_CONTRACT.outputFollows,
    latencyBound: options.latencyBound === undefined ? null : count('latencyBound', options.latencyBound, 0),
    handlerLimit: count('handlerLimit', options.handlerLimit ?? DEFAULT_HANDLER_LIMIT, 1),
    maxInstructions: count('maxInstructions', options.maxInstructions ?? DEFAULT_MAX_INSTRUCTIONS, 1),
    invariants: [...invariantsOf(options).keys()],
    unitInstructions: UNIT_INSTRUCTIONS,
    violationLimit: count('violationLimit', options.violationLimit ?? DEFAULT_VIOLATION_LIMIT, 0),
  };
}

export interface PlannedDelivery extends CustomStrategy {
  /** As `createVm` takes it. */
  readonly nmi: StrategyName | CustomStrategy;
  readonly promise: ExitPromise | null;
}

export function deliveriesOf({ deliveries = STRATEGY_NAMES }: SweepOptions): PlannedDelivery[] {
  if (deliveries.length === 0) throw new UsageError('a sweep needs a delivery');
  const planned = deliveries.map((delivery): PlannedDelivery => {
    const strategy = requireStrategy(delivery);
    const promise = typeof delivery === 'string' ? EXIT_PROMISES[delivery] : (delivery.promise ?? null);
    return { name: strategy.name, create: strategy.create, nmi: delivery, promise };
  });
  if (new Set(planned.map(({ name }) => name)).size !== planned.length)
    throw new UsageError('a delivery is swept once: a name comes twice');
  return planned;
}

export function invariantsOf({ invariants = {} }: SweepOptions): Map<string, Invariant> {
  const all = new Map<string, Invariant>(Object.entries({ ...INVARIANTS, ...invariants }));
  for (const [name, invariant] of all)
    if (typeof invariant !== 'function') throw new UsageError(`the invariant ${name} is no function`);
  return all;
}

/** Addresses of a symbol's instructions. */
export function symbolRange({ symbols }: LoadedGuest, name: string): { start: bigint; end: bigint } {
  const sorted = [...symbols];
  const symbol = sorted.find((candidate) => candidate.name === name);
  if (symbol === undefined)
    throw new UsageError(
      `the guest has no symbol ${JSON.stringify(name)}: it has ${sorted.map((other) => other.name).join(', ') || 'none'}`,
    );
  const next = sorted.find(({ address }) => address > symbol.address);
  const size =
    symbol.size > 0 ? BigInt(symbol.size) : (next?.address ?? symbol.address + 1n) - symbol.address;
  return { start: symbol.address, end: symbol.address + size };
}

async function hashOf({ entry, pieces }: LoadedGuest): Promise<string> {
  const state = JSON.stringify(entry, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  const parts: Uint8Array[] = [new TextEncoder().encode(state)];
  for (const { address, bytes, memoryBytes } of pieces)
    parts.push(new TextEncoder().encode(`@${address}+${memoryBytes}`), bytes);
  const digest = await crypto.subtle.digest('SHA-256', await new Blob(parts as BlobPart[]).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function count(name: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError(`${name} is a whole number from ${least}, not ${value}`);
  return value;
}

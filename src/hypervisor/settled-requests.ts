/**
 * The NMI requests whose fate is decided, in the order in which it was.
 *
 * A chain from the newest to the oldest, so that to remember where it ends is to remember all of it: a machine that goes back
 * to a checkpoint, and does something else from there, leaves what other checkpoints know as it is.
 */
import { InvariantError } from '../errors.js';

/** `outstanding`: accepted by the hypervisor and not yet seen by the guest. */
export type Fate = 'outstanding' | 'delivered' | 'merged' | 'lost';

export interface NmiRequest {
  /** 0, 1, 2… in the order of the requests. */
  readonly id: number;
  readonly requestedAt: number;
  readonly fate: Fate;
  /** When the fate was decided. */
  readonly settledAt: number | null;
  /** Why it was merged or lost. */
  readonly reason: string | null;
}

/** The newest of a row of requests. */
export interface Settled {
  readonly request: NmiRequest;
  readonly earlier: Settled | null;
}

/** What a row of settled requests comes to. */
interface Totals {
  readonly latencies: number[];
  readonly merges: Map<string, number>;
  readonly losses: Map<string, number>;
}

export class SettledRequests {
  /** Null: there is none. */
  newest: Settled | null = null;
  private totals: Totals = noTotals();
  /** The newest that `totals` has. */
  private counted: Settled | null = null;

  add(request: NmiRequest): void {
    this.newest = { request, earlier: this.newest };
  }

  *[Symbol.iterator](): Generator<NmiRequest> {
    for (let at = this.newest; at !== null; at = at.earlier) yield at.request;
  }

  /** Takes into account what has come since it was last asked for. */
  sum(): Totals {
    const uncounted: NmiRequest[] = [];
    let at = this.newest;
    for (; at !== null && at !== this.counted; at = at.earlier) uncounted.push(at.request);
    if (at !== this.counted) this.totals = noTotals(); // the machine has gone back beyond what was counted
    for (const request of uncounted.reverse()) count(this.totals, request);
    this.counted = this.newest;
    return this.totals;
  }
}

function noTotals(): Totals {
  return { latencies: [], merges: new Map(), losses: new Map() };
}

function count({ latencies, merges, losses }: Totals, request: NmiRequest): void {
  const { fate, settledAt, requestedAt, reason } = request;
  if (settledAt === null) throw new InvariantError(`request ${request.id} was settled at no time`);
  if (fate === 'delivered') latencies.push(settledAt - requestedAt);
  else increment(fate === 'merged' ? merges : losses, String(reason));
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/**
 * What became of every NMI request, and why the guest exited.
 *
 * Each request has an identity and exactly one fate. The ledger learns of deliveries from the processor and of merges
 * and losses from the hypervisor; at the end of a run it is held against a third witness, the bits that are still
 * set in the VMCB and in the hypervisor's own state. A request can therefore not disappear unnoticed.
 */
import { InvariantError } from '../errors.js';
import { exitName } from '../svm/intercepts.js';
import { type ExitCause, type ExitCounts, ExitTally } from './exit-tally.js';
import { type Fate, type NmiRequest, type Settled, SettledRequests } from './settled-requests.js';

export type { ExitCause };

export interface ExitCount {
  /** Name of the exit code, as `exitName` gives it. */
  readonly name: string;
  readonly cause: ExitCause;
  readonly count: number;
}

export interface NmiReport {
  readonly requested: number;
  readonly delivered: number;
  readonly merged: number;
  readonly lost: number;
  readonly pending: number;
  /** How often each reason decided, for merges and losses. */
  readonly mergeReasons: Readonly<Record<string, number>>;
  readonly lossReasons: Readonly<Record<string, number>>;
  /** Instructions from request to first instruction of the handler, one number for each delivery, in order. */
  readonly latencies: readonly number[];
  /** Most NMI handlers that were active at once. */
  readonly maxNesting: number;
}

/** What the world says at the end of a run, for the ledger to be held against. */
export interface Witness {
  /** Deliveries the processor counted. */
  readonly delivered: number;
  /** Requests still held by the hypervisor, EVENTINJ or V_NMI. */
  readonly held: number;
  readonly maxNesting: number;
}

/** The books as data. */
export interface SavedLedger {
  readonly requests: readonly NmiRequest[];
  readonly exits: readonly { readonly code: number; readonly cause: ExitCause; readonly count: number }[];
}

/** The books of a moment. */
export interface LedgerMark {
  readonly settled: Settled | null;
  readonly outstanding: readonly NmiRequest[];
  readonly requested: number;
  readonly exits: ExitCounts;
}

export class Ledger {
  private readonly settled = new SettledRequests();
  /** Oldest first. */
  private outstanding: NmiRequest[] = [];
  private requested = 0;
  private readonly tally = new ExitTally();

  /** Every request, in order. */
  get requests(): NmiRequest[] {
    return [...this.settled, ...this.outstanding].sort((a, b) => a.id - b.id);
  }

  /** How many are neither delivered nor merged nor lost. */
  get outstandingCount(): number {
    return this.outstanding.length;
  }

  /** A new request. It is outstanding until one of the methods below decides otherwise. Each gives the request's id. */
  request(now: number): number {
    const id = this.requested++;
    this.outstanding.push({ id, requestedAt: now, fate: 'outstanding', settledAt: null, reason: null });
    return id;
  }

  /** The processor entered a handler: it serves the oldest outstanding request. */
  deliver(now: number): number {
    const request = this.outstanding.shift();
    if (!request) throw new InvariantError('the processor delivered an NMI that nobody requested');
    this.settle(request, 'delivered', now, null);
    return request.id;
  }

  /** The newest outstanding request became part of an older one. */
  merge(now: number, reason: string): number {
    const request = this.outstanding.pop();
    if (!request) throw new InvariantError('an NMI merged that nobody requested');
    this.settle(request, 'merged', now, reason);
    return request.id;
  }

  /** The oldest outstanding request will never reach the guest. */
  lose(now: number, reason: string): number {
    const request = this.outstanding.shift();
    if (!request) throw new InvariantError('an NMI was lost that nobody requested');
    this.settle(request, 'lost', now, reason);
    return request.id;
  }

  countExit(code: number, cause: ExitCause): void {
    this.tally.add(code, cause);
  }

  /** How many there were in all. */
  get exitTotal(): number {
    return this.tally.total;
  }

  /** Every exit so far: those that NMI delivery cost, the kicks, the guest's own, each in order of first occurrence. */
  exits(): ExitCount[] {
    return this.tally.entries().map(({ code, cause, count }) => ({ name: exitName(code), cause, count }));
  }

  save(): SavedLedger {
    return { requests: this.requests, exits: this.tally.entries() };
  }

  restore({ requests, exits }: SavedLedger): void {
    this.returnTo({ settled: null, outstanding: [], requested: 0, exits: { kinds: [], counts: [] } });
    for (const { code, cause, count } of exits) this.tally.add(code, cause, count);
    for (const request of requests) this.readmit({ ...request });
  }

  mark(): LedgerMark {
    return {
      settled: this.settled.newest,
      outstanding: this.outstanding.slice(),
      requested: this.requested,
      exits: this.tally.mark(),
    };
  }

  returnTo({ settled, outstanding, requested, exits }: LedgerMark): void {
    this.settled.newest = settled;
    this.outstanding = outstanding.slice();
    this.requested = requested;
    this.tally.returnTo(exits);
  }

  /** What the books come to, in short, and the latencies. */
  digest(): { readonly books: object; readonly latencies: readonly number[] } {
    const { latencies, merges, losses } = this.settled.sum();
    const { outstanding, requested } = this;
    const books = {
      requested,
      outstanding,
      merges: [...merges],
      losses: [...losses],
      exits: this.tally.entries(),
    };
    return { books, latencies };
  }

  /** Requests reach the guest in their order, so latencies come out in the order of deliveries. */
  private readmit(request: NmiRequest): void {
    this.requested++;
    if (request.fate === 'outstanding') this.outstanding.push(request);
    else this.settled.add(request);
  }

  private settle(
    { id, requestedAt }: NmiRequest,
    fate: Fate,
    settledAt: number,
    reason: string | null,
  ): void {
    this.settled.add({ id, requestedAt, fate, settledAt, reason });
  }

  /** Closes the books: throws an `InvariantError` if the ledger and its witness disagree. */
  report(witness: Witness): NmiReport {
    const { latencies, merges, losses } = this.settled.sum();
    const merged = sum(merges);
    const lost = sum(losses);
    const { requested } = this;
    if (witness.delivered !== latencies.length)
      throw new InvariantError(
        `the processor delivered ${witness.delivered} NMIs, the ledger has ${latencies.length}`,
      );
    if (witness.held !== this.outstanding.length)
      throw new InvariantError(
        `${witness.held} NMIs are still held, the ledger has ${this.outstanding.length} outstanding`,
      );
    if (requested !== witness.delivered + merged + lost + witness.held)
      throw new InvariantError(
        `${requested} NMIs were requested, but ${witness.delivered} delivered, ${merged} merged, ${lost} lost and ${witness.held} are held`,
      );
    return {
      requested,
      delivered: witness.delivered,
      merged,
      lost,
      pending: witness.held,
      mergeReasons: Object.fromEntries(merges),
      lossReasons: Object.fromEntries(losses),
      latencies: latencies.slice(),
      maxNesting: witness.maxNesting,
    };
  }
}

function sum(counts: Map<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}

/**
 * What became of every NMI request, and why the guest exited.
 *
 * Each request has an identity and exactly one fate. The ledger learns of deliveries from the processor and of merges
 * and losses from the hypervisor; at the end of a run it is held against a third witness, the bits that are still
 * set in the VMCB and in the hypervisor's own state. A request can therefore not disappear unnoticed.
 */
import { InvariantError } from '../errors.js';
import { exitName } from '../svm/intercepts.js';

/** `outstanding`: accepted by the hypervisor and not yet seen by the guest. */
export type Fate = 'outstanding' | 'delivered' | 'merged' | 'lost';

export interface NmiRequest {
  /** 0, 1, 2… in the order of the requests. */
  readonly id: number;
  readonly requestedAt: number;
  fate: Fate;
  /** When the fate was decided. */
  settledAt: number | null;
  /** Why it was merged or lost. */
  reason: string | null;
}

/**
 * Why an exit happened: to deliver an NMI, to carry a request to the virtual processor (what a real hypervisor does
 * with an inter-processor interrupt), or because of what the guest does anyway.
 */
export type ExitCause = 'nmi-delivery' | 'kick' | 'workload';

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

export class Ledger {
  readonly requests: NmiRequest[] = [];
  private readonly outstanding: NmiRequest[] = [];
  private readonly latencies: number[] = [];
  /** By cause, then by exit code: no name is looked up, because this is counted a million times a second. */
  private readonly exitCounts: Readonly<Record<ExitCause, Map<number, { count: number }>>> = {
    'nmi-delivery': new Map(),
    kick: new Map(),
    workload: new Map(),
  };
  private readonly merges = new Map<string, number>();
  private readonly losses = new Map<string, number>();

  /** A new request. It is outstanding until one of the methods below decides otherwise. Each gives the request's id. */
  request(now: number): number {
    const id = this.requests.length;
    const request: NmiRequest = {
      id,
      requestedAt: now,
      fate: 'outstanding',
      settledAt: null,
      reason: null,
    };
    this.requests.push(request);
    this.outstanding.push(request);
    return id;
  }

  /** The processor entered a handler: it serves the oldest outstanding request. */
  deliver(now: number): number {
    const request = this.outstanding.shift();
    if (!request) throw new InvariantError('the processor delivered an NMI that nobody requested');
    settle(request, 'delivered', now, null);
    this.latencies.push(now - request.requestedAt);
    return request.id;
  }

  /** The newest outstanding request became part of an older one. */
  merge(now: number, reason: string): number {
    const request = this.outstanding.pop();
    if (!request) throw new InvariantError('an NMI merged that nobody requested');
    settle(request, 'merged', now, reason);
    increment(this.merges, reason);
    return request.id;
  }

  /** The oldest outstanding request will never reach the guest. */
  lose(now: number, reason: string): number {
    const request = this.outstanding.shift();
    if (!request) throw new InvariantError('an NMI was lost that nobody requested');
    settle(request, 'lost', now, reason);
    increment(this.losses, reason);
    return request.id;
  }

  countExit(code: number, cause: ExitCause): void {
    const counts = this.exitCounts[cause];
    const known = counts.get(code);
    if (known === undefined) counts.set(code, { count: 1 });
    else known.count++;
  }

  /** Every exit so far: those that NMI delivery cost, the kicks, the guest's own, each in order of first occurrence. */
  exits(): ExitCount[] {
    return Object.entries(this.exitCounts).flatMap(([cause, counts]) =>
      Array.from(counts, ([code, { count }]) => ({ name: exitName(code), cause: cause as ExitCause, count })),
    );
  }

  save(): SavedLedger {
    const exits = Object.entries(this.exitCounts).flatMap(([cause, counts]) =>
      Array.from(counts, ([code, { count }]) => ({ code, cause: cause as ExitCause, count })),
    );
    return { requests: this.requests.map((request) => ({ ...request })), exits };
  }

  restore({ requests, exits }: SavedLedger): void {
    clear(this.requests, this.outstanding, this.latencies);
    for (const counts of [this.merges, this.losses, ...Object.values(this.exitCounts)]) counts.clear();
    for (const { code, cause, count } of exits) this.exitCounts[cause].set(code, { count });
    for (const saved of requests) this.readmit({ ...saved });
  }

  /** Requests reach the guest in their order, so latencies come out in the order of deliveries. */
  private readmit(request: NmiRequest): void {
    this.requests.push(request);
    const { fate, settledAt, requestedAt, reason } = request;
    if (fate === 'outstanding') this.outstanding.push(request);
    else if (fate === 'delivered') this.latencies.push(Number(settledAt) - requestedAt);
    else increment(fate === 'merged' ? this.merges : this.losses, String(reason));
  }

  /** Closes the books: throws an `InvariantError` if the ledger and its witness disagree. */
  report(witness: Witness): NmiReport {
    const merged = sum(this.merges);
    const lost = sum(this.losses);
    const requested = this.requests.length;
    if (witness.delivered !== this.latencies.length)
      throw new InvariantError(
        `the processor delivered ${witness.delivered} NMIs, the ledger has ${this.latencies.length}`,
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
      mergeReasons: Object.fromEntries(this.merges),
      lossReasons: Object.fromEntries(this.losses),
      latencies: this.latencies.slice(),
      maxNesting: witness.maxNesting,
    };
  }
}

function settle(request: NmiRequest, fate: Fate, now: number, reason: string | null): void {
  request.fate = fate;
  request.settledAt = now;
  request.reason = reason;
}

function clear(...lists: unknown[][]): void {
  for (const list of lists) list.length = 0;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function sum(counts: Map<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}

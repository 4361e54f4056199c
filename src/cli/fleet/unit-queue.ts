/**
 * Units of sweeps as jobs of BullMQ: what the producer and the workers of a fleet agree on.
 *
 * A unit's job has the same id whoever adds it and however often: the sweep's hash and the unit's key. So adding one again
 * changes nothing, two producers of the same sweep share its jobs, and a result is there once. What Redis forgets, the
 * producer adds again: nothing depends on Redis keeping anything, except time.
 */
import type { Job, Queue } from 'bullmq';
import { UsageError } from '../../errors.js';
import { isSweepUnit, type SweepUnit, type UnitKey } from '../../lab/index.js';
import type { QueueAddress } from './queue-address.js';
import type { FleetClient } from './redis-client.js';

export interface UnitJob extends UnitKey {
  readonly order: string;
}

export interface UnitResult {
  readonly producer: string;
  readonly unit: SweepUnit;
}

/** How it is with a job: not there, not done yet, failed for good, or done. */
export type UnitState =
  | { readonly kind: 'missing' | 'waiting' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'done'; readonly unit: SweepUnit };

/** Orders are kept for a day after their producer was last seen. */
const ORDER_SECONDS = 24 * 3600;
/** A worker whose thread breaks may be out of memory: another one has a try. */
const ATTEMPTS = 3;
const RETRY_DELAY_MS = 1000;

/** @param code A hash of what workers need besides their version, "" for nothing: others do not see the jobs. */
export function queueName(producer: string, code: string): string {
  return `${producer}${code === '' ? '' : `-${code}`}`.replaceAll(/[^\w.-]/g, '-');
}

export function orderKey(address: QueueAddress, hash: string): string {
  return `${address.prefix}:order:${hash}`;
}

/** The producer's side. */
export class UnitQueue {
  private readonly queue: Queue<UnitJob, UnitResult>;

  constructor(
    private readonly client: FleetClient,
    private readonly address: QueueAddress,
    private readonly producer: string,
    code: string,
  ) {
    const { prefix } = address;
    this.queue = new client.bullmq.Queue(queueName(producer, code), { connection: client.redis, prefix });
    // The connection's own listener tells of what goes wrong with it.
    this.queue.on('error', () => undefined);
  }

  /** Makes sure that workers find the order. */
  async keepOrder(hash: string, text: string): Promise<void> {
    const { redis } = this.client;
    const key = orderKey(this.address, hash);
    if ((await redis.expire(key, ORDER_SECONDS)) === 0) await redis.set(key, text, 'EX', ORDER_SECONDS);
  }

  async add(order: string, units: readonly UnitKey[]): Promise<void> {
    const options = { attempts: ATTEMPTS, backoff: { type: 'fixed', delay: RETRY_DELAY_MS } };
    await Promise.all(
      units.map((unit) =>
        this.queue.add(order, { ...unit, order }, { ...options, jobId: jobIdOf(order, unit) }),
      ),
    );
  }

  async look(order: string, unit: UnitKey): Promise<UnitState> {
    const job = await this.jobOf(order, unit);
    if (job === undefined) return { kind: 'missing' };
    if (job.finishedOn === undefined) return { kind: 'waiting' };
    if (job.failedReason) return { kind: 'failed', reason: job.failedReason };
    return { kind: 'done', unit: this.readUnit(job.returnvalue, unit) };
  }

  /** Takes away what no worker has begun, and what has failed. */
  async withdraw(order: string, units: readonly UnitKey[]): Promise<void> {
    await Promise.all(
      units.map(async (unit) => {
        const job = await this.jobOf(order, unit);
        await job?.remove().catch(() => undefined);
      }),
    );
  }

  /** How many workers listen; undefined where Redis does not tell. */
  async workers(): Promise<number | undefined> {
    return this.queue.getWorkersCount().catch(() => undefined);
  }

  close(): void {
    this.client.close();
  }

  private jobOf(order: string, unit: UnitKey): Promise<Job<UnitJob, UnitResult> | undefined> {
    return this.queue.getJob(jobIdOf(order, unit));
  }

  /** Whoever may write to Redis could have written anything. */
  private readUnit(result: Partial<UnitResult> | null, { delivery, index }: UnitKey): SweepUnit {
    const unit: unknown = result?.unit;
    if (result?.producer !== this.producer || !isSweepUnit(unit))
      throw new UsageError(
        `the queue has a result of the unit ${delivery} ${index} that is none of ${this.producer}`,
      );
    if (unit.delivery !== delivery || unit.index !== index)
      throw new UsageError(
        `the queue has the unit ${unit.delivery} ${unit.index} in the place of ${delivery} ${index}`,
      );
    return unit;
  }
}

function jobIdOf(order: string, { delivery, index }: UnitKey): string {
  return `${order}-${delivery}-${index}`;
}

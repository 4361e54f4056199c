/** Units of a sweep over a queue: adds them, a window at a time, and takes their results as workers finish them. */
import { setTimeout as pause } from 'node:timers/promises';
import { HostError } from '../../errors.js';
import type { SweepOptions, SweepPlan, SweepUnit, UnitExecutor, UnitKey } from '../../lab/index.js';
import { producer } from '../version.js';
import { hashOfCode } from './invariant-code.js';
import { parseQueueAddress } from './queue-address.js';
import { connectToRedis, LAST_WORD_MS } from './redis-client.js';
import { hashOfOrder, writeOrder } from './sweep-order.js';
import { UnitQueue } from './unit-queue.js';

/** Enough work ahead for hundreds of workers, and little to throw away when the producer is interrupted. */
const WINDOW = 1024;
const LOOK_EVERY_MS = 200;
/** Without a result for so long, one may wonder whether anybody works. */
const SILENCE_MS = 3000;

export interface Fleet {
  readonly executor: (plan: SweepPlan) => UnitExecutor;
  readonly close: () => void;
}

/**
 * Connects to the queue, or throws a `UsageError` or `HostError`.
 *
 * @param given `--queue`. @param note Is told when Redis goes away and comes back, and when there seem to be no workers.
 */
export async function openFleet(
  given: string,
  options: SweepOptions,
  invariantFile: string | undefined,
  note: (text: string) => void,
): Promise<Fleet> {
  const address = parseQueueAddress(given);
  const [name, code] = await Promise.all([producer(), hashOfCode(invariantFile)]);
  const queue = new UnitQueue(await connectToRedis(address, note), address, name, code);
  return {
    executor: (plan) => (units, take, signal) =>
      new Production(queue, writeOrder(name, plan, options), units, take, note).run(signal),
    close: () => queue.close(),
  };
}

class Production {
  private readonly order: string;
  /** Units up to here have been in the window. */
  private admitted = 0;
  private readonly pending = new Set<UnitKey>();
  private heardAt = performance.now();
  private hasAsked = false;

  constructor(
    private readonly queue: UnitQueue,
    private readonly text: string,
    private readonly units: readonly UnitKey[],
    private readonly take: (unit: SweepUnit) => void,
    private readonly note: (text: string) => void,
  ) {
    this.order = hashOfOrder(text);
  }

  /** Until all is done, or the signal: a Redis that is away holds nobody up. */
  async run(signal: AbortSignal | undefined): Promise<void> {
    const aborted = new Promise<true>((resolve) => {
      if (signal?.aborted) resolve(true);
      signal?.addEventListener('abort', () => resolve(true), { once: true });
    });
    const within = (work: Promise<unknown>) => Promise.race([work.then(() => false), aborted]);
    for (;;) {
      if (await within(this.round())) break;
      if (this.pending.size === 0) return;
      if (await within(pause(LOOK_EVERY_MS))) break;
    }
    const withdrawn = this.queue.withdraw(this.order, [...this.pending]);
    await Promise.race([withdrawn, pause(LAST_WORD_MS, undefined, { ref: false })]);
  }

  private async round(): Promise<void> {
    await this.queue.keepOrder(this.order, this.text);
    const forgotten = await this.collect();
    await this.queue.add(this.order, [...forgotten, ...this.admit()]);
    await this.wonder();
  }

  /** Takes what is done. Returns what Redis has no job for any more. */
  private async collect(): Promise<UnitKey[]> {
    const { queue, order, pending } = this;
    const seen = await Promise.all(
      [...pending].map(async (unit) => ({ unit, state: await queue.look(order, unit) })),
    );
    for (const { unit, state } of seen) {
      if (state.kind === 'failed') await this.fail(unit, state.reason);
      if (state.kind !== 'done') continue;
      pending.delete(unit);
      this.heardAt = performance.now();
      this.take(state.unit);
    }
    return seen.filter(({ state }) => state.kind === 'missing').map(({ unit }) => unit);
  }

  /** Fills the window. */
  private admit(): UnitKey[] {
    const { units, pending, admitted } = this;
    const added = units.slice(admitted, admitted + WINDOW - pending.size);
    this.admitted += added.length;
    for (const unit of added) pending.add(unit);
    return added;
  }

  /** What failed for good does not stay: the same command tries it again. */
  private async fail({ delivery, index }: UnitKey, reason: string): Promise<never> {
    await this.queue.withdraw(this.order, [...this.pending]);
    throw new HostError(`the workers could not do the unit ${delivery} ${index}: ${reason}`);
  }

  private async wonder(): Promise<void> {
    if (this.hasAsked || this.pending.size === 0 || performance.now() - this.heardAt < SILENCE_MS) return;
    this.hasAsked = true;
    if ((await this.queue.workers()) === 0)
      this.note('no worker of this version listens there: start one with "vmexit worker --queue"');
  }
}

/** The threads of a fleet's worker: a pool for each sweep whose units it has in hand. */
import { UsageError } from '../../errors.js';
import { readInvariants } from '../invariant-file.js';
import { toOrder } from '../sweep-threads.js';
import { ThreadPool } from '../thread-pool.js';
import { readOrder } from './sweep-order.js';
import type { UnitJob, UnitResult } from './unit-queue.js';

export interface CrewSettings {
  readonly producer: string;
  readonly threads: number;
  readonly invariantFile: string | undefined;
  /** An error that no other attempt would mend. */
  readonly stop: (reason: string) => Error;
  readonly note: (text: string) => void;
}

interface Crew {
  readonly pool: Promise<ThreadPool>;
  /** Units in hand. */
  busy: number;
}

export class ThreadCrews {
  private readonly crews = new Map<string, Crew>();

  /** @param readText The order with that hash; null where there is none. */
  constructor(
    private readonly readText: (hash: string) => Promise<string | null>,
    private readonly settings: CrewSettings,
  ) {}

  async run({ order, delivery, index }: UnitJob): Promise<UnitResult> {
    const crew = this.crewOf(order);
    crew.busy++;
    try {
      const pool = await crew.pool;
      return { producer: this.settings.producer, unit: await pool.run({ delivery, index }) };
    } catch (error) {
      throw error instanceof UsageError ? this.settings.stop(error.message) : error;
    } finally {
      crew.busy--;
    }
  }

  get isBusy(): boolean {
    return [...this.crews.values()].some(({ busy }) => busy > 0);
  }

  async close(): Promise<void> {
    await Promise.all([...this.crews.keys()].map((order) => this.dismiss(order)));
  }

  /** Another sweep's threads go as soon as they have nothing to do: machines take memory. */
  private crewOf(order: string): Crew {
    const known = this.crews.get(order);
    if (known) return known;
    for (const [other, { busy }] of this.crews) if (busy === 0) void this.dismiss(other);
    const crew = { pool: this.hire(order), busy: 0 };
    this.crews.set(order, crew);
    crew.pool.catch(() => this.crews.delete(order));
    return crew;
  }

  private async hire(hash: string): Promise<ThreadPool> {
    const { producer, threads, invariantFile, note } = this.settings;
    const text = await this.readText(hash);
    // The producer puts it back.
    if (text === null) throw new Error('its guest is not in Redis');
    const invariants = invariantFile === undefined ? undefined : await readInvariants(invariantFile);
    const { options, plan } = await readOrder(text, hash, producer, invariants);
    note(`units of ${plan.guest} under ${plan.deliveries.join(', ')}`);
    return new ThreadPool(toOrder(options, plan, invariantFile), threads);
  }

  private async dismiss(order: string): Promise<void> {
    const crew = this.crews.get(order);
    this.crews.delete(order);
    const pool = await crew?.pool.catch(() => undefined);
    await pool?.destroy();
  }
}

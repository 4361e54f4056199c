/**
 * The threads of a sweep: a pool that outlives the death of a thread.
 *
 * A thread may be killed, run out of memory, or be ended by a module of the user's. Its unit runs again then, in a new thread:
 * units depend on nothing but the sweep, so nothing is lost or counted twice. A unit that keeps ending its threads is given up.
 */
import { Tinypool } from 'tinypool';
import { HostError, UsageError } from '../errors.js';
import type { SweepUnit, UnitKey } from '../lab/index.js';
import type { SweepAnswer, SweepOrder } from './sweep-worker.js';

/** The file beside this one, undecided by a bundler. */
const WORKER = new URL('./sweep-worker.js', import.meta.url);

/** A unit ends no more threads than this. */
const MOST_DEATHS = 3;

/** A thread ended that nobody ended. */
class ThreadEnded extends Error {
  readonly code = 'ERR_WORKER_ENDED';
}

export class ThreadPool {
  private readonly pool: Tinypool;
  private readonly watched = new WeakSet<object>();

  constructor(order: SweepOrder, threads: number) {
    const [minThreads, maxThreads] = [threads, threads];
    this.pool = new Tinypool({ filename: WORKER.href, minThreads, maxThreads, workerData: order });
    // A thread that dies with nothing to do is replaced.
    this.pool.on('error', () => undefined);
  }

  /** Throws a `UsageError` that the unit met, or a `HostError` if its threads die. */
  async run(unit: UnitKey): Promise<SweepUnit> {
    for (let deaths = 0; deaths < MOST_DEATHS; deaths++) {
      const answer = await this.ask(unit);
      if (answer === null) continue;
      if ('mistake' in answer) throw new UsageError(answer.mistake);
      return answer.unit;
    }
    throw new HostError(
      `the thread that ran unit ${unit.index + 1} of ${unit.delivery} died, ${MOST_DEATHS} times: out of memory?`,
    );
  }

  async destroy(): Promise<void> {
    await this.pool.destroy();
  }

  /** Null: the thread has died. */
  private async ask(unit: UnitKey): Promise<SweepAnswer | null> {
    const answer = this.pool.run(unit) as Promise<SweepAnswer>;
    this.watchThreads();
    try {
      return await answer;
    } catch (error) {
      if (String((error as NodeJS.ErrnoException).code).startsWith('ERR_WORKER_')) return null;
      throw error;
    }
  }

  /** The pool learns of a thread's errors; of an end without one it does not, and would wait forever. */
  private watchThreads(): void {
    for (const thread of this.pool.threads) {
      if (this.watched.has(thread)) continue;
      this.watched.add(thread);
      thread.once('exit', () => {
        if (this.pool.threads.includes(thread)) thread.emit('error', new ThreadEnded('the thread has ended'));
      });
    }
  }
}

/**
 * How long a process has waited for a processor that others used.
 *
 * Linux counts that for each thread (Documentation/scheduler/sched-stats.rst). Taken off the time on the wall, it
 * leaves what the process would have taken had it been alone, other threads' effects on caches apart.
 */
import { readdirSync, readFileSync } from 'node:fs';

const NS_PER_MS = 1e6;
/** Reading it for every mark would cost more than it tells. */
const READ_EVERY_MS = 2;

export class WaitingTime {
  #path: string | null = null;
  #readAt = -Infinity;
  #ms = 0;

  constructor(private readonly pid: number | undefined) {}

  /** In milliseconds so far; 0 where Linux does not say. */
  ms(now: number): number {
    if (now - this.#readAt >= READ_EVERY_MS) {
      this.#readAt = now;
      this.#ms = this.#read();
    }
    return this.#ms;
  }

  #read(): number {
    try {
      this.#path ??= busiestThread(this.pid);
      const [, waitedNs] = readFileSync(this.#path, 'latin1').split(' ');
      return Number(waitedNs) / NS_PER_MS;
    } catch {
      return this.#ms; // not Linux, or the process is gone
    }
  }
}

/** The one that runs the guest, which QEMU has a thread of its own for. */
function busiestThread(pid: number | undefined): string {
  const folder = `/proc/${pid}/task`;
  const threads = readdirSync(folder).map((id) => `${folder}/${id}/schedstat`);
  const times = threads.map((path) => Number(readFileSync(path, 'latin1').split(' ')[0]));
  return threads[times.indexOf(Math.max(...times))] ?? '';
}

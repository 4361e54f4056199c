/** How many exits of each kind there were. */
import type { ExitCause, ExitCount } from '../../hypervisor/ledger.js';

/** In the order in which the ledger has them. */
const CAUSES: readonly ExitCause[] = ['nmi-delivery', 'kick', 'workload'];

export class ExitTotals {
  private readonly counts = new Map<string, { name: string; cause: ExitCause; count: number }>();

  add(name: string, cause: ExitCause): void {
    const key = `${cause} ${name}`;
    const known = this.counts.get(key);
    if (known === undefined) this.counts.set(key, { name, cause, count: 1 });
    else known.count++;
  }

  /** By cause, then in the order of first occurrence. */
  list(): ExitCount[] {
    const all = [...this.counts.values()];
    return CAUSES.flatMap((cause) => all.filter((exit) => exit.cause === cause).map((exit) => ({ ...exit })));
  }
}

/** How many exits of each kind there were. */
import type { ExitCause, ExitCount } from '../../hypervisor/ledger.js';

/** In the order in which the ledger has them. */
const CAUSES: readonly ExitCause[] = ['nmi-delivery', 'kick', 'workload'];

export class ExitTotals {
  /** By cause, then by name: this is counted a million times a second. */
  private readonly counts: Readonly<Record<ExitCause, Map<string, { count: number }>>> = {
    'nmi-delivery': new Map(),
    kick: new Map(),
    workload: new Map(),
  };

  add(name: string, cause: ExitCause): void {
    const known = this.counts[cause].get(name);
    if (known === undefined) this.counts[cause].set(name, { count: 1 });
    else known.count++;
  }

  /** By cause, then in the order of first occurrence. */
  list(): ExitCount[] {
    return CAUSES.flatMap((cause) =>
      Array.from(this.counts[cause], ([name, { count }]) => ({ name, cause, count })),
    );
  }
}

/** How often the guest exited, by cause and code. Counted a million times a second, so no name is looked up. */

/**
 * Why an exit happened: to deliver an NMI, to carry a request to the virtual processor (what a real hypervisor does
 * with an inter-processor interrupt), or because of what the guest does anyway.
 */
export type ExitCause = 'nmi-delivery' | 'kick' | 'workload';

interface ExitKind {
  readonly code: number;
  readonly cause: ExitCause;
}

/** The counts of a moment. */
export interface ExitCounts {
  /** In order of first occurrence; never changed, but replaced. */
  readonly kinds: readonly ExitKind[];
  readonly counts: readonly number[];
}

const CAUSES: readonly ExitCause[] = ['nmi-delivery', 'kick', 'workload'];

export class ExitTally {
  private kinds: readonly ExitKind[] = [];
  private counts: number[] = [];
  /** Places in `counts`. */
  private places = placesOf([]);

  add(code: number, cause: ExitCause, count = 1): void {
    const known = this.places[cause].get(code);
    if (known !== undefined) {
      this.counts[known]! += count;
      return;
    }
    this.kinds = [...this.kinds, { code, cause }];
    this.counts.push(count);
    this.places = placesOf(this.kinds);
  }

  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** By cause, then in order of first occurrence. */
  entries(): (ExitKind & { readonly count: number })[] {
    return CAUSES.flatMap((cause) =>
      Array.from(this.places[cause], ([code, place]) => ({ code, cause, count: this.counts[place]! })),
    );
  }

  mark(): ExitCounts {
    return { kinds: this.kinds, counts: this.counts.slice() };
  }

  returnTo({ kinds, counts }: ExitCounts): void {
    this.counts = counts.slice();
    if (kinds === this.kinds) return;
    this.kinds = kinds;
    this.places = placesOf(kinds);
  }
}

function placesOf(kinds: readonly ExitKind[]): Readonly<Record<ExitCause, Map<number, number>>> {
  const places = { 'nmi-delivery': new Map(), kick: new Map(), workload: new Map() };
  kinds.forEach(({ code, cause }, place) => places[cause].set(code, place));
  return places;
}

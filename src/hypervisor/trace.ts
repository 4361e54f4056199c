/** What happens in a run, as it happens: the stream behind `--trace` and timelines. */
import type { ExitCause } from './ledger.js';

/** The fields that every event has. */
interface Moment {
  /** The virtual machine's time, in instructions. */
  readonly time: number;
  /** The guest's next instruction. */
  readonly rip: bigint;
}

export type TraceEvent = Moment &
  (
    | { readonly kind: 'exit'; readonly exit: string; readonly cause: ExitCause; readonly detail: string }
    /** The coming VMRUN delivers this event from EVENTINJ, or has V_NMI newly set. */
    | { readonly kind: 'inject'; readonly event: string }
    | { readonly kind: 'nmi-request' }
    | { readonly kind: 'nmi-merge' | 'nmi-lost'; readonly reason: string }
    /** `rip` is the handler's first instruction. */
    | { readonly kind: 'nmi-deliver'; readonly how: string }
    /** Hypercall 3. */
    | { readonly kind: 'mark'; readonly value: number }
  );

export type TraceListener = (event: TraceEvent) => void;

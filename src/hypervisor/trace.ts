/** What happens in a run, as it happens: the stream behind `--trace` and timelines. */
import type { NmiOrigin } from '../svm/processor-listener.js';
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
    /** Requests are counted from 0, and known by their number in what becomes of them. */
    | { readonly kind: 'nmi-request'; readonly request: number }
    | { readonly kind: 'nmi-merge' | 'nmi-lost'; readonly request: number; readonly reason: string }
    /** `rip` is the handler's first instruction; so many handlers run, this one included. */
    | {
        readonly kind: 'nmi-deliver';
        readonly request: number;
        readonly how: NmiOrigin;
        readonly running: number;
      }
    /** An IRET has returned from a handler, and from all entered after it; `rip` is where it went. */
    | { readonly kind: 'nmi-return'; readonly running: number }
    /** Whether NMIs are held back because of an earlier one: by V_NMI_MASK, or by the strategy where that is off. */
    | { readonly kind: 'nmi-mask'; readonly isMasked: boolean }
    /** An interrupt shadow that the hypervisor sees, or that alone holds an event back, begins or ends. */
    | { readonly kind: 'shadow'; readonly isInShadow: boolean }
    /** The guest prints a byte. */
    | { readonly kind: 'serial'; readonly byte: number }
    /** Hypercall 3. */
    | { readonly kind: 'mark'; readonly value: number }
  );

export type TraceListener = (event: TraceEvent) => void;

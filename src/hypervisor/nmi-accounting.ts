/**
 * Follows NMIs through the VMCB, between the strategy, which hands them over, and the processor, which delivers them.
 *
 * What EVENTINJ and V_NMI held at VMRUN must be delivered, or still be there at the exit, or be in EXITINTINFO. What
 * is none of these was lost in between: its delivery raised an exception, and that was delivered instead (APM vol 2
 * §8.2.9, an NMI is no contributory exception).
 */
import type { Vmcb } from '../svm/vmcb.js';
import { InvariantError } from '../errors.js';
import { type ExitCause, Ledger, type LedgerMark, type NmiReport, type SavedLedger } from './ledger.js';
import type { NmiDelivery } from './nmi/delivery.js';
import { isNmiInjected, isNmiInterrupted, isVirtualNmiSet } from './nmi/nmi-in-hardware.js';
import type { TraceListener } from './trace.js';

const REPLACED = 'its delivery raised an exception, which was delivered in its place';
const SHUT_DOWN = 'the guest shut down while it was delivered';
const REFUSED = 'VMRUN refused the VMCB and cleared EVENTINJ';
const FORGOTTEN = 'the hypervisor has forgotten it: neither its own state, nor EVENTINJ, nor V_NMI has it';

export interface SavedAccounting {
  readonly ledger: SavedLedger;
  readonly entered: number;
  readonly deliveredSinceEntry: number;
  readonly isInside: boolean;
}

export interface AccountingMark extends Omit<SavedAccounting, 'ledger'> {
  readonly ledger: LedgerMark;
}

export class NmiAccounting {
  private readonly ledger = new Ledger();
  /** NMIs in EVENTINJ and V_NMI when the guest was entered. */
  private entered = 0;
  private deliveredSinceEntry = 0;
  private isInside = false;

  constructor(
    private readonly vmcb: Vmcb,
    private readonly now: () => number,
    private readonly trace: TraceListener | undefined,
  ) {}

  request(at: number): void {
    const request = this.ledger.request(at);
    this.trace?.({ kind: 'nmi-request', time: at, rip: this.vmcb.get('rip'), request });
  }

  merge(reason: string): void {
    const request = this.ledger.merge(this.now(), reason);
    this.trace?.({ kind: 'nmi-merge', time: this.now(), rip: this.vmcb.get('rip'), request, reason });
  }

  lose(reason: string): void {
    const request = this.ledger.lose(this.now(), reason);
    this.trace?.({ kind: 'nmi-lost', time: this.now(), rip: this.vmcb.get('rip'), request, reason });
  }

  /** The processor is at the handler's first instruction. Gives the id of the request that it serves. */
  deliver(): number {
    this.deliveredSinceEntry++;
    return this.ledger.deliver(this.now());
  }

  countExit(code: number, cause: ExitCause): void {
    this.ledger.countExit(code, cause);
  }

  /** VMRUN follows. */
  enter(): void {
    this.entered = this.inVmcb();
    this.deliveredSinceEntry = 0;
    this.isInside = true;
  }

  /** #VMEXIT, or the processor gave up; EXITINTINFO is not yet looked at. */
  leave(exit: 'exit' | 'shutdown' | 'invalid'): void {
    this.isInside = false;
    const isCutShort = exit === 'exit' && isNmiInterrupted(this.vmcb);
    const remaining = (isCutShort ? 1 : 0) + (isVirtualNmiSet(this.vmcb) ? 1 : 0);
    const gone = this.entered - remaining - this.deliveredSinceEntry;
    if (gone < 0) throw new InvariantError('more NMIs came out of VMRUN than went in');
    const reason = exit === 'exit' ? REPLACED : exit === 'shutdown' ? SHUT_DOWN : REFUSED;
    for (let i = 0; i < gone; i++) this.lose(reason);
  }

  /** Outside of the guest: a request that neither the strategy nor the VMCB has any more is lost, whoever forgot it. */
  reconcile(delivery: NmiDelivery): void {
    const { outstandingCount } = this.ledger;
    if (outstandingCount === 0) return;
    const kept = delivery.held() + this.inVmcb();
    for (let i = kept; i < outstandingCount; i++) this.lose(FORGOTTEN);
  }

  get exitTotal(): number {
    return this.ledger.exitTotal;
  }

  exits(): ReturnType<Ledger['exits']> {
    return this.ledger.exits();
  }

  /** @param processor What the processor itself counted. */
  report(
    delivery: NmiDelivery,
    processor: { readonly delivered: number; readonly maxNesting: number },
  ): NmiReport {
    const handedOver = this.isInside ? this.entered - this.deliveredSinceEntry : this.inVmcb();
    return this.ledger.report({ ...processor, held: delivery.held() + handedOver });
  }

  save(): SavedAccounting {
    const { entered, deliveredSinceEntry, isInside } = this;
    return { ledger: this.ledger.save(), entered, deliveredSinceEntry, isInside };
  }

  restore(saved: SavedAccounting): void {
    this.ledger.restore(saved.ledger);
    this.setCounts(saved);
  }

  mark(): AccountingMark {
    const { entered, deliveredSinceEntry, isInside } = this;
    return { ledger: this.ledger.mark(), entered, deliveredSinceEntry, isInside };
  }

  returnTo(mark: AccountingMark): void {
    this.ledger.returnTo(mark.ledger);
    this.setCounts(mark);
  }

  /** What the books come to, and the latencies. */
  digest(): { readonly books: unknown; readonly latencies: readonly number[] } {
    const { books, latencies } = this.ledger.digest();
    const { entered, deliveredSinceEntry, isInside } = this;
    return { books: { ...books, entered, deliveredSinceEntry, isInside }, latencies };
  }

  private setCounts({ entered, deliveredSinceEntry, isInside }: Omit<SavedAccounting, 'ledger'>): void {
    this.entered = entered;
    this.deliveredSinceEntry = deliveredSinceEntry;
    this.isInside = isInside;
  }

  private inVmcb(): number {
    return (isNmiInjected(this.vmcb) ? 1 : 0) + (isVirtualNmiSet(this.vmcb) ? 1 : 0);
  }
}

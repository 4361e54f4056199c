/**
 * Tells the owner's listener what happens (trace.ts), in the order in which it happens.
 *
 * While the guest runs the processor reports, between its runs the VMCB and the strategy are looked at: what both know is
 * told once. A machine that nobody listens to has no tracer.
 */
import { EventType } from '../../assembly/abi/vector.js';
import { injectedEvent, interruptedEvent } from '../svm/event-injection.js';
import type { VmExit } from '../svm/exit.js';
import { exitName } from '../svm/intercepts.js';
import { isInShadow } from '../svm/interrupt-shadow.js';
import type { NmiOrigin } from '../svm/processor-listener.js';
import type { Processor } from '../svm/processor.js';
import type { Vmcb } from '../svm/vmcb.js';
import { isNmiMasked } from '../svm/vnmi.js';
import type { ExitCause } from './ledger.js';
import type { NmiDelivery } from './nmi/delivery.js';
import { isVirtualNmiSet } from './nmi/nmi-in-hardware.js';
import type { TraceListener } from './trace.js';

export interface TracedParts {
  readonly processor: Processor;
  readonly vmcb: Vmcb;
  readonly delivery: NmiDelivery;
  readonly now: () => number;
}

export class Tracer {
  private isMasked = false;
  private isShadowed = false;
  /** V_NMI was set before the strategy prepared the entry. */
  private hadVirtualNmi = false;

  constructor(
    private readonly listener: TraceListener,
    private readonly parts: TracedParts,
  ) {
    parts.processor.observe({
      nmiReturned: (_clock, running) => this.listener({ kind: 'nmi-return', ...this.inside(), running }),
      nmiMaskChanged: (_clock, isMasked) => this.mask(isMasked, this.inside().rip),
      shadowChanged: (_clock, isShadowed) => this.shadow(isShadowed, this.inside().rip),
    });
  }

  /** A snapshot has been put in the machine's place: what holds now is where the trace goes on from. */
  restart(): void {
    const { processor, delivery } = this.parts;
    this.isMasked = processor.isGuestEntered
      ? (delivery.softwareMask() ?? processor.core.state.get('virtualNmiMask') !== 0)
      : this.masksNmis();
    this.isShadowed = false;
  }

  beforeEntry(): void {
    this.hadVirtualNmi = isVirtualNmiSet(this.parts.vmcb);
  }

  /** VMRUN follows. */
  entry(): void {
    const { vmcb } = this.parts;
    const event = injectedEvent(vmcb);
    const where = { kind: 'inject', time: this.parts.now(), rip: vmcb.get('rip') } as const;
    if (event) this.listener({ ...where, event: `EVENTINJ ${EventType[event.type]} ${event.vector}` });
    if (!this.hadVirtualNmi && isVirtualNmiSet(vmcb)) this.listener({ ...where, event: 'V_NMI' });
    this.look();
  }

  exit(exit: VmExit, cause: ExitCause): void {
    const { vmcb, now } = this.parts;
    const event = interruptedEvent(vmcb);
    const detail = event ? `while delivering ${EventType[event.type]} ${event.vector}` : '';
    const name = exitName(exit.code);
    this.listener({ kind: 'exit', time: now(), rip: vmcb.get('rip'), exit: name, cause, detail });
  }

  /** The handler that serves this request is at its first instruction. */
  delivered(request: number, how: NmiOrigin): void {
    const running = this.parts.processor.core.state.get('nmiDepth');
    this.listener({ kind: 'nmi-deliver', ...this.inside(), request, how, running });
  }

  serial(byte: number): void {
    this.listener({ kind: 'serial', time: this.parts.now(), rip: this.parts.vmcb.get('rip'), byte });
  }

  /** Between two runs: after what may have changed the strategy's mind, or the VMCB. */
  look(): void {
    const { vmcb } = this.parts;
    const rip = vmcb.get('rip');
    this.mask(this.masksNmis(), rip);
    // A shadow that nobody was told of ends unnoticed, too.
    if (this.isShadowed) this.shadow(isInShadow(vmcb), rip);
  }

  private masksNmis(): boolean {
    return this.parts.delivery.softwareMask() ?? isNmiMasked(this.parts.vmcb);
  }

  private mask(isMasked: boolean, rip: bigint): void {
    if (isMasked === this.isMasked) return;
    this.isMasked = isMasked;
    this.listener({ kind: 'nmi-mask', time: this.parts.now(), rip, isMasked });
  }

  private shadow(isShadowed: boolean, rip: bigint): void {
    if (isShadowed === this.isShadowed) return;
    this.isShadowed = isShadowed;
    this.listener({ kind: 'shadow', time: this.parts.now(), rip, isInShadow: isShadowed });
  }

  /** Where the guest is while the processor has it. */
  private inside(): { readonly time: number; readonly rip: bigint } {
    return { time: this.parts.now(), rip: this.parts.processor.core.state.big('rip') };
  }
}

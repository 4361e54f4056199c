/**
 * What a listener is told beyond deliveries: when handlers return, and what holds NMIs back while the guest runs.
 *
 * IRET clears the mask without anybody outside noticing, so somebody who wants to know has the core stop at it. Only while a
 * handler runs or NMIs are masked, and only if there is such a listener. What is reported depends on the guest alone, not
 * on how its run is sliced.
 */
import { Watch } from '../../assembly/abi/watch.js';
import type { CoreGuestState } from './guest-state.js';
import { holdsInterrupts } from './interrupt-shadow.js';
import { isHeldByShadowAlone } from './next-event.js';
import type { Pins } from './pins.js';
import type { ProcessorListener } from './processor-listener.js';
import { isVirtualNmiMasked } from './vnmi.js';

export class Observation {
  #depth: number;
  #isMasked: boolean;
  #isShadowed = false;

  constructor(
    private readonly state: CoreGuestState,
    private readonly pins: Pins,
    private readonly listeners: readonly ProcessorListener[],
  ) {
    this.#depth = state.nmiDepth;
    this.#isMasked = isVirtualNmiMasked(state);
  }

  /** The boundaries (`Watch` bits) at which there may be something to report. */
  get boundaries(): number {
    const returns = this.#depth > 0 || this.#isMasked ? Watch.Iret : 0;
    return returns | (this.#isShadowed ? Watch.ShadowEnd : 0);
  }

  /** VMRUN has loaded the guest; whether it began in a shadow its VMCB says. */
  enter(): void {
    this.#isShadowed = false;
    this.#look(holdsInterrupts(this.state));
  }

  /** A boundary, before or after its events. */
  look(): void {
    const isShadow = holdsInterrupts(this.state);
    this.#look(isShadow && (this.#isShadowed || isHeldByShadowAlone(this.state, this.pins)));
  }

  /** The guest is left: what holds NMIs back is in its VMCB from here on. */
  leave(): void {
    this.look();
    this.#isShadowed = false;
  }

  #look(isShadowed: boolean): void {
    const { clock, nmiDepth } = this.state;
    const isMasked = isVirtualNmiMasked(this.state);
    const hasReturned = nmiDepth < this.#depth;
    this.#depth = nmiDepth;
    if (hasReturned) for (const listener of this.listeners) listener.nmiReturned?.(clock, nmiDepth);
    if (isMasked !== this.#isMasked) {
      this.#isMasked = isMasked;
      for (const listener of this.listeners) listener.nmiMaskChanged?.(clock, isMasked);
    }
    if (isShadowed !== this.#isShadowed) {
      this.#isShadowed = isShadowed;
      for (const listener of this.listeners) listener.shadowChanged?.(clock, isShadowed);
    }
  }
}

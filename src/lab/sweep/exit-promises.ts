/** How many #VMEXITs each way of delivering NMIs may cost: what its design needs, and no more. */
import type { StrategyName } from '../../hypervisor/nmi/strategies.js';

/** #VMEXITs for NMI delivery, without the kick that carries a request in. */
export interface ExitPromise {
  /** For an NMI that nothing holds back. */
  readonly alone: number;
  /** For any: one that waits for a handler's IRET or for the end of a shadow. */
  readonly most: number;
  /** Exits of IRET are never needed: the processor tracks the mask itself. */
  readonly withoutIret: boolean;
}

/**
 * Event injection pays one exit for the handler's IRET, and one more to learn when something that blocks is over (a window,
 * a single step). KVM also sends itself an interrupt when it has two events to inject. With Virtual NMI an exit is left
 * only where the hypervisor itself waits for a shadow's end.
 */
export const EXIT_PROMISES: Readonly<Record<StrategyName, ExitPromise>> = {
  'naive-event-injection': { alone: 0, most: 0, withoutIret: true },
  'xen-event-injection': { alone: 1, most: 2, withoutIret: false },
  'kvm-event-injection': { alone: 1, most: 3, withoutIret: false },
  'xen-vnmi': { alone: 0, most: 1, withoutIret: true },
  'kvm-vnmi': { alone: 0, most: 2, withoutIret: true },
};

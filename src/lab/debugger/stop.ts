/** Why a debugged machine stands still. */
import { describeStop, type StopReason } from '../../hypervisor/run-result.js';
import type { Trap } from '../../hypervisor/traps.js';

export type DebugStop =
  /** The steps that were asked for are done. */
  | { readonly kind: 'step' }
  /**
   * A breakpoint, or the address of `runTo` and `runBackTo`: that instruction is next. A watchpoint: forward, the last
   * instruction touched it; backward, the next one will. A #VMEXIT, which has just been handled; the VMCB shows it. A delivery: a
   * handler's first instruction is next.
   */
  | Trap
  /** The condition holds. */
  | { readonly kind: 'condition' }
  /** The time that was asked for, or all of `maxInstructions`. */
  | { readonly kind: 'time' }
  /** The caller's signal. */
  | { readonly kind: 'cancelled' }
  /** Backward: there is no earlier moment, for this reason. */
  | { readonly kind: 'history-start'; readonly reason: string }
  /** Forward: the guest is over. */
  | { readonly kind: 'over'; readonly stop: StopReason };

/** The reason in words: one line. */
export function describeDebugStop(stop: DebugStop): string {
  switch (stop.kind) {
    case 'step':
      return 'stepped';
    case 'breakpoint':
    case 'watchpoint':
    case 'exit':
    case 'delivery':
      return describeStop({ kind: 'trap', trap: stop });
    case 'condition':
      return 'the condition holds';
    case 'time':
      return 'the time has come';
    case 'cancelled':
      return 'cancelled';
    case 'history-start':
      return `no earlier moment: ${stop.reason}`;
    case 'over':
      return describeStop(stop.stop);
  }
}

/** Why a debugged machine stands still. */
import { describeStop, type StopReason } from '../../hypervisor/run-result.js';
import type { ExitRecord, Trap } from '../../hypervisor/traps.js';
import type { Watchpoint } from '../../svm/traps.js';

export type DebugStop =
  /** The steps that were asked for are done. */
  | { readonly kind: 'step' }
  /** The instruction at this linear address is next: a breakpoint, or the address of `runTo` and `runBackTo`. */
  | { readonly kind: 'breakpoint'; readonly address: bigint }
  /** Forward: the last instruction touched it. Backward: the next one will. `address` is where the access begins. */
  | {
      readonly kind: 'watchpoint';
      readonly watchpoint: Watchpoint;
      readonly address: bigint;
      readonly isWrite: boolean;
    }
  /** A #VMEXIT has just been handled; the VMCB shows it. */
  | ({ readonly kind: 'exit' } & ExitRecord)
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

/** What a trap is to who debugs. Deliveries end steps, and nobody asks for them otherwise. */
export function trapped(trap: Trap): DebugStop {
  return trap.kind === 'delivery' ? { kind: 'step' } : trap;
}

/** The reason in words: one line. */
export function describeDebugStop(stop: DebugStop): string {
  switch (stop.kind) {
    case 'step':
      return 'stepped';
    case 'breakpoint':
      return `breakpoint at ${hex(stop.address)}`;
    case 'watchpoint':
      return `watchpoint: ${stop.isWrite ? 'write' : 'read'} at ${hex(stop.address)}`;
    case 'exit':
      return `#VMEXIT ${stop.exit} (${stop.cause})`;
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

function hex(value: bigint): string {
  return `${value.toString(16)}h`;
}

/**
 * A recording: a machine at its start, everything that came from outside at exact times, and what came of it.
 *
 * Between two events a machine depends on nothing, so this is all that a run is. How often it was stopped in between, and in
 * which engine it ran, is not part of it.
 */
import type { VmSnapshot } from '../../hypervisor/vm-snapshot.js';
import type { ExitCount } from '../../hypervisor/ledger.js';
import type { StopReason } from '../../hypervisor/run-result.js';

/** What came from outside. */
export type RecordedEvent =
  /** An NMI was requested for that time. */
  | { readonly kind: 'nmi'; readonly at: number }
  /** Guest-physical memory was written; bytes in hexadecimal. */
  | { readonly kind: 'memory'; readonly gpa: number; readonly bytes: string }
  /** A register of the guest was written. */
  | { readonly kind: 'register'; readonly name: string; readonly value: bigint };

/** One thing that happened to the machine, in its turn. */
export type RecordedStep =
  /** It ran until that time, in instructions, and stopped then: at a budget if `stop` says so, or for good. */
  { readonly kind: 'run'; readonly until: number; readonly stop: StopReason['kind'] } | RecordedEvent;

/** What the machine was at a time. */
export interface StateCheck {
  readonly time: number;
  /** `Vm.stateHash`. */
  readonly hash: string;
  /** The values of `CHECKED_REGISTERS`. */
  readonly registers: readonly bigint[];
}

/** What came of it. */
export interface RecordedEnd extends StateCheck {
  readonly stop: StopReason['kind'];
  readonly instructions: number;
  readonly exits: readonly ExitCount[];
  readonly nmi: {
    readonly requested: number;
    readonly delivered: number;
    readonly merged: number;
    readonly lost: number;
    readonly pending: number;
    readonly maxNesting: number;
  };
  /** Bytes that the guest printed. */
  readonly printed: number;
}

export interface Recording {
  readonly start: VmSnapshot;
  readonly steps: readonly RecordedStep[];
  /** Ascending; the first is the start. */
  readonly checks: readonly StateCheck[];
  readonly end: RecordedEnd;
}

/** The registers that a check shows to people; its hash has all of them. */
export const CHECKED_REGISTERS: readonly string[] = [
  ...['rip', 'rflags', 'rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
];

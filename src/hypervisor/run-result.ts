/** Why a run ended, and what it leaves behind. */
import type { ExitCount, NmiReport } from './ledger.js';
import type { Trap } from './traps.js';

/** A guest's misbehaviour is one of these, never an exception. */
export type StopReason =
  /** The guest ended itself: exit port or hypercall 0. Status 0 is success. */
  | { readonly kind: 'exit'; readonly status: number }
  /** The guest executed HLT and no NMI is to come that could wake it. */
  | { readonly kind: 'halted'; readonly rip: bigint }
  | { readonly kind: 'triple-fault' }
  /** The processor does not implement the instruction at `rip`; nothing of it was executed. */
  | { readonly kind: 'unimplemented'; readonly rip: bigint; readonly bytes: string; readonly text: string }
  /** The instruction budget is spent. `run` goes on from here. */
  | { readonly kind: 'budget' }
  /** One of the caller's traps. `run` goes on from here. */
  | { readonly kind: 'trap'; readonly trap: Trap }
  /** The caller's signal. `run` goes on from here. */
  | { readonly kind: 'cancelled' }
  /** The guest touched guest-physical memory that does not exist. */
  | { readonly kind: 'no-memory'; readonly gpa: number; readonly access: string; readonly rip: bigint }
  /** VMRUN refused the VMCB; the rules that it breaks. */
  | { readonly kind: 'invalid-vmcb'; readonly violations: readonly string[] }
  /** An exit that the hypervisor never asks for and has no answer to. */
  | { readonly kind: 'unhandled-exit'; readonly exit: string; readonly rip: bigint };

export interface RunResult {
  readonly stop: StopReason;
  /** Instructions the guest has completed since it was created, those the hypervisor emulated for it included. */
  readonly instructions: number;
  /** As `instructions`, and the time that the guest slept in HLT. NMI schedules count in it. */
  readonly time: number;
  readonly exits: readonly ExitCount[];
  readonly nmi: NmiReport;
  /** What the guest printed, on whichever console: the first MiB of it (`MOST_SERIAL_BYTES`); `onSerial` is told of all. */
  readonly serial: Uint8Array;
  /** `serial`, as UTF-8 text. */
  readonly serialText: string;
}

/** A run that may go on. */
export function isResumable(stop: StopReason): boolean {
  return stop.kind === 'budget' || stop.kind === 'cancelled' || stop.kind === 'trap';
}

/** The reason in words: one line. */
export function describeStop(stop: StopReason): string {
  switch (stop.kind) {
    case 'exit':
      return `the guest exited with status ${stop.status}`;
    case 'halted':
      return `the guest halted at ${hex(stop.rip)} and nothing can wake it`;
    case 'triple-fault':
      return 'the guest shut down: triple fault';
    case 'unimplemented':
      return `not implemented: ${stop.text} (bytes ${stop.bytes}) at ${hex(stop.rip)}`;
    case 'budget':
      return 'the instruction budget is spent';
    case 'trap':
      return describeTrap(stop.trap);
    case 'cancelled':
      return 'the run was cancelled';
    case 'no-memory':
      return `${stop.access} at guest-physical ${hex(stop.gpa)}, where there is no memory, by the instruction at ${hex(stop.rip)}`;
    case 'invalid-vmcb':
      return `VMRUN refused the VMCB: ${stop.violations.join('; ')}`;
    case 'unhandled-exit':
      return `an exit that nobody asked for: ${stop.exit} at ${hex(stop.rip)}`;
  }
}

function describeTrap(trap: Trap): string {
  switch (trap.kind) {
    case 'breakpoint':
      return `breakpoint at ${hex(trap.address)}`;
    case 'watchpoint':
      return `watchpoint: ${trap.isWrite ? 'write' : 'read'} at ${hex(trap.address)}`;
    case 'delivery':
      return 'a handler is about to run';
    case 'exit':
      return `#VMEXIT ${trap.exit} (${trap.cause})`;
  }
}

function hex(value: bigint | number): string {
  return `${value.toString(16)}h`;
}

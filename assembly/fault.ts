/**
 * Faults and exits as values.
 *
 * Nothing here unwinds: a function that cannot complete records why in the state, and its callers return
 * `Flow.Abort` until the run loop sees it. An aborted instruction has changed nothing that software can see.
 */
import { ExitCode } from './abi/exit-code';
import { Flow, Pending } from './abi/stop';
import { Vector } from './abi/vector';
import { cpu, STATE_ADDRESS, CpuState } from './state';

/** Something stopped the running instruction. */
export function isAborted(): bool {
  return cpu().pending != Pending.None;
}

/** An exception without an error code. */
export function raise(vector: Vector): Flow {
  const state = cpu();
  state.pending = Pending.Exception;
  state.faultVector = vector;
  state.faultCode = 0;
  state.faultHasCode = 0;
  return Flow.Abort;
}

/** An exception with an error code: #TS, #NP, #SS, #GP, #AC, #DF. */
export function raiseWithCode(vector: Vector, code: u32): Flow {
  raise(vector);
  cpu().faultCode = code;
  cpu().faultHasCode = 1;
  return Flow.Abort;
}

/** #GP(0). */
export function raiseGp(): Flow {
  return raiseWithCode(Vector.Gp, 0);
}

/** #UD. */
export function raiseUd(): Flow {
  return raise(Vector.Ud);
}

/** #PF; CR2 is written when the exception is delivered, not before (APM vol 2 §15.12.15). */
export function raisePageFault(linear: u64, code: u32): Flow {
  raiseWithCode(Vector.Pf, code);
  cpu().faultAddress = linear;
  return Flow.Abort;
}

/**
 * A #VMEXIT instead of the instruction.
 *
 * @param nextRip NRIP for the VMCB: `cpu().nextRip` for instruction intercepts, 0 where §15.7.1 says zero.
 */
export function raiseExit(code: ExitCode, info1: u64, info2: u64, nextRip: u64): Flow {
  const state = cpu();
  state.pending = Pending.Exit;
  state.exitCode = <u64>(<i64>code);
  state.exitInfo1 = info1;
  state.exitInfo2 = info2;
  state.exitNextRip = nextRip;
  return Flow.Abort;
}

/** Stops with `Stop.Unimplemented`: RIP is the instruction, nothing of it was done. */
export function unimplemented(): Flow {
  cpu().pending = Pending.Unimplemented;
  return Flow.Abort;
}

/** Whether a guest runs and its hypervisor intercepts `code`, which is below C0h. */
export function isIntercepted(code: u32): bool {
  const word = load<u32>(STATE_ADDRESS + ((code >> 5) << 2), offsetof<CpuState>('intercepts0'));
  return ((word >> (code & 31)) & cpu().inGuest) != 0;
}

/** The exit for an intercepted instruction that has no information fields. */
export function exitInstruction(code: ExitCode): Flow {
  return raiseExit(code, 0, 0, cpu().nextRip);
}

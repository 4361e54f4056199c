/** How a core function ends an instruction after which the rest of its block may be wrong. */
import { ExitCode } from '../abi/exit-code';
import { Flow } from '../abi/stop';
import { Watch } from '../abi/watch';
import { raiseExit } from '../fault';
import { updateMode } from '../mode';
import { cpu } from '../state';

/** The instruction is complete; execution goes on after it, in a new block. */
export function leave(): Flow {
  cpu().rip = cpu().nextRip;
  return Flow.Leave;
}

/** As `leave`, after a change of what `mode` follows from. */
export function leaveInNewMode(): Flow {
  updateMode();
  return leave();
}

/** RFLAGS.IF, GIF, virtual GIF or CR8 may have changed: whoever holds an event back looks again after this instruction. */
export function reachInterruptState(): void {
  const state = cpu();
  state.boundary |= state.watch & Watch.InterruptState;
}

/**
 * Completes the instruction with the #VMEXIT of a write trap: the write has been made, RIP is the next instruction
 * (APM vol 2 §15.9). The run loop finds the exit before it goes on.
 */
export function leaveWithTrap(code: ExitCode, value: u64): Flow {
  raiseExit(code, value, 0, cpu().nextRip);
  return leave();
}

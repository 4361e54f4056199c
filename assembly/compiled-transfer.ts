/** Interrupts and returns at which compiled code goes on: those that stay in the running code segment (same-level.ts). */
import { ExitCode } from './abi/exit-code';
import { Transfer } from './abi/transfer';
import { isIntercepted } from './fault';
import { interruptInLevel } from './interrupt';
import { returnQuickly } from './iret';
import { completeInLevel } from './settle';
import { cpu, CpuState } from './state';

/** INT n, whose next instruction is at `returnRip`. */
export function compiledInterrupt(vector: u32, returnRip: u64): Transfer {
  const state = cpu();
  if (isIntercepted(ExitCode.SoftwareInterrupt) || !interruptInLevel(vector, returnRip))
    return Transfer.Declined;
  completeInLevel(state);
  return afterTransfer(state);
}

/** IRET with slots of 1 << `width` bytes. */
export function compiledReturn(width: u32): Transfer {
  if (isIntercepted(ExitCode.Iret) || !returnQuickly(width)) return Transfer.Declined;
  return afterTransfer(cpu());
}

function afterTransfer(state: CpuState): Transfer {
  return (state.boundary | state.attention) == 0 ? Transfer.Inside : Transfer.Outside;
}

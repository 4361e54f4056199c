/** How a block calls a core function: with RIP, the next RIP and the clock exact. */
import { Mode } from './abi/processor-bits';
import { Flow } from './abi/stop';
import { instructionsBefore, setRunningUop } from './code-cache';
import { cpu } from './state';
import { executeSystem } from './system';
import { UopRecord } from './uop-record';

/** Runs the core function of the micro-op at `at`. RIP is only meaningful to it, or if it leaves the block. */
export function callSystem(at: u32, uop: UopRecord): Flow {
  setRunningUop(at);
  const state = cpu();
  const mask: u64 = (state.mode & Mode.CodeSize) == Mode.Code64 ? ~(<u64>0) : 0xffffffff;
  state.rip = (state.blockRip + uop.ip) & mask;
  state.nextRip = (state.rip + uop.n) & mask;
  const before = <u64>instructionsBefore(at);
  state.clock += before;
  const flow = executeSystem(uop);
  state.clock -= before;
  return flow;
}

/**
 * From the end of one block to the next without leaving the interpreter.
 *
 * Only where nothing has to be looked at in between: no event, no debug trap, no end of the block before its time, a block that
 * the fetch cache knows and that ends before the deadline, and that is neither compiled nor to be. All else is for the run loop.
 */
import { Mode } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Block, BLOCK_HEADER } from './block';
import { isRunningBlockCut, runningBlock, setRunningBlock, setRunningUop } from './code-cache';
import { hotThreshold } from './region';
import { cpu, CpuState, limit } from './state';
import { fetchEntry } from './tlb';

/** The linear address of RIP. */
export function linearRip(state: CpuState): u64 {
  return isCode64(state) ? state.rip : (state.csBase + state.rip) & 0xffffffff;
}

export function isCode64(state: CpuState): bool {
  return (state.mode & Mode.CodeSize) == Mode.Code64;
}

/** Whether a block ends within CS, as another code segment with the same bytes may have been longer. */
export function isWithinCode(state: CpuState, block: Block): bool {
  return (block.mode & Mode.Flat) != 0 || state.rip + block.bytes - 1 <= <u64>limit(Seg.Cs);
}

/** The block for `mode` at `linear`, the address of RIP, if the fetch cache has it; else 0. */
export function cachedBlock(state: CpuState, linear: u64, mode: u32): u32 {
  const entry = fetchEntry(linear, mode);
  if (entry.linear != linear || entry.context != state.fetchContext || entry.block == 0) return 0;
  const block = changetype<Block>(entry.block);
  return block.mode == mode && isWithinCode(state, block) ? entry.block : 0;
}

/**
 * The running block has ended with the branch at `at`, and RIP is set. Makes the next one the running block and returns its
 * first micro-op, or 0 if the run loop has to go on.
 */
export function nextBlock(at: u32): u32 {
  setRunningUop(at);
  const state = cpu();
  if ((state.attention | state.boundary) != 0 || isRunningBlockCut) return 0;
  const running = changetype<Block>(runningBlock);
  // What lasts for the one instruction is over after it, whatever `attention` says by now.
  if ((running.mode & Mode.Step) != 0) return 0;
  const address = cachedBlock(state, linearRip(state), state.mode);
  if (address == 0) return 0;
  const block = changetype<Block>(address);
  const clock = state.clock + running.instructions;
  const heat = block.heat + 1;
  if (clock + block.instructions > state.deadline || heat == hotThreshold || block.region != 0) return 0;
  block.heat = heat;
  state.clock = clock;
  state.blockRip = state.rip;
  setRunningBlock(address);
  return address + BLOCK_HEADER;
}

/**
 * The run loop: blocks one after another until somebody outside must know.
 *
 * Boundaries between instructions are where everything happens: the clock, debug traps, the interrupt shadow. The
 * fast path crosses them a block at a time, and many blocks without coming back here (next-block.ts); of a block that is
 * longer than the time to the deadline a part is run; when `attention` is set, the careful path takes instructions one by one.
 */
import { Debug, Mode, Rflags } from './abi/processor-bits';
import { Activity, Flow, Pending, Stop } from './abi/stop';
import { Uop, UOP_BYTES } from './abi/uop';
import { Watch } from './abi/watch';
import { Block, BLOCK_HEADER, instructionStart } from './block';
import {
  cutRunningBlock,
  instructionsBefore,
  isRunningBlockCut,
  regionAt,
  runningBlock,
  runningUop,
  setRunningBlock,
  setRunningUop,
} from './code-cache';
import { instructionBreakpoint } from './debug';
import { execute } from './dispatch';
import { isAborted } from './fault';
import { findBlock } from './find-block';
import { updateAttention } from './mode';
import {
  askForMore,
  enterRegion,
  exitBlock,
  hotThreshold,
  leavingBranch,
  misses,
  MOST_MISSES,
  setHotBlock,
} from './region';
import { isCode64, linearRip } from './next-block';
import { raiseDebug, settle } from './settle';
import { cpu, CpuState } from './state';
import { forgetRepeat, suspendRepeat } from './suspended-repeat';
import { forgetAccess, hitsBreakpoint } from './traps';
import { UopRecord } from './uop-record';

const DR6_BS: u32 = Debug.Dr6Bs;

/**
 * Runs until the clock reaches `deadline` or something must be reported.
 *
 * The state is then exact: RIP is the next instruction, no store is pending, and the fields that the `Stop` names
 * are set.
 */
export function run(): Stop {
  const state = cpu();
  while (true) {
    if (state.pending != Pending.None) {
      const stop = settle();
      if (stop != Stop.None) return stop;
    }
    // Debug traps of the instruction that has just completed come before any event from outside (§8.5).
    if (state.attention != 0 && raisesDebugTrap(state)) continue;
    if ((state.boundary | state.activity) != 0) return reportBoundary(state);
    if (state.clock >= state.deadline) return Stop.Budget;
    if (state.attention != 0) {
      const stop = stepCarefully(state);
      if (stop != Stop.None) return stop;
      continue;
    }
    const block = findBlock(state, state.mode);
    if (block == 0) {
      if (isAborted()) continue;
      return Stop.DecodeMiss;
    }
    const record = changetype<Block>(block);
    if (state.clock + record.instructions > state.deadline) {
      const stop = runToDeadline(state);
      if (stop != Stop.None) return stop;
      continue;
    }
    const region = regionAt(record);
    if (region != 0) {
      if (misses(region) == MOST_MISSES) {
        askForMore(region, block);
        return Stop.Hot;
      }
      setRunningBlock(0);
      const next = enterRegion(state, region, linearRip(state));
      if (next != <u32>Flow.Next && state.repeatForm != 0) forgetRepeat(state);
      if (leavingBranch != 0) setRunningUop(leavingBranch);
      if (next > <u32>Flow.Repeat) resumeBlock(state, exitBlock(), next);
      if (next != <u32>Flow.Next) continue;
    } else if (++record.heat == hotThreshold) {
      setHotBlock(block);
      return Stop.Hot;
    }
    runBlock(state, block);
  }
}

/** A boundary that `watch` asked for, or the processor is not running. */
function reportBoundary(state: CpuState): Stop {
  if (state.boundary != 0) {
    const isTrapped = (state.boundary & Watch.Trap) != 0;
    state.boundary = 0;
    return isTrapped ? Stop.Trap : Stop.Boundary;
  }
  return state.activity == Activity.Halted ? Stop.Halted : Stop.Shutdown;
}

/** Runs a block, and others that follow it directly. */
function runBlock(state: CpuState, block: u32): Flow {
  state.blockRip = state.rip;
  setRunningBlock(block);
  return settleBlock(state, execute(block + BLOCK_HEADER));
}

/**
 * Goes on with a block inside of it, where compiled code has left it: before the instruction that begins with the micro-op at
 * `uop`. Does nothing if the block does not fit.
 */
function resumeBlock(state: CpuState, block: u32, uop: u32): void {
  setRunningBlock(block);
  const before = instructionsBefore(uop);
  if (state.clock - before + changetype<Block>(block).instructions > state.deadline) return;
  const rip = state.rip - changetype<UopRecord>(uop).ip;
  state.rip = isCode64(state) ? rip : rip & 0xffffffff;
  state.blockRip = state.rip;
  state.clock -= before;
  settleBlock(state, execute(uop));
}

/**
 * Runs the instructions of a block that is longer than the time that is left, in a form whose state is exact between any two
 * of them.
 */
function runToDeadline(state: CpuState): Stop {
  const left = state.deadline - state.clock;
  // Whoever steps through a program would have a block of many instructions decoded for each.
  const block = findBlock(state, state.mode | (left == 1 ? Mode.Step : Mode.Exact));
  if (block == 0) return isAborted() ? Stop.None : Stop.DecodeMiss;
  if (<u64>changetype<Block>(block).instructions <= left) {
    runBlock(state, block);
    return Stop.None;
  }
  state.blockRip = state.rip;
  setRunningBlock(block);
  const cut = instructionStart(block, <u32>left);
  const before = cutRunningBlock(cut);
  settleBlock(state, execute(block + BLOCK_HEADER));
  v128.store(cut, before);
  return Stop.None;
}

/** Settles the clock and RIP after the running block. */
function settleBlock(state: CpuState, flow: Flow): Flow {
  if (flow == Flow.Leave) {
    state.clock += instructionsLeft(runningBlock);
    if (state.repeatForm != 0) forgetRepeat(state);
    return flow;
  }
  state.clock += instructionsBefore(runningUop);
  const rip = state.blockRip + changetype<UopRecord>(runningUop).ip;
  state.rip = isCode64(state) ? rip : rip & 0xffffffff;
  if (flow == Flow.Repeat) suspendRepeat(state);
  else if (state.repeatForm != 0) forgetRepeat(state);
  return flow;
}

/** Instructions that a block completed which was left in order. */
function instructionsLeft(block: u32): u32 {
  const record = changetype<Block>(block);
  const last = block + BLOCK_HEADER + (record.uops - 1) * UOP_BYTES;
  if (runningUop == last && !isRunningBlockCut) return record.instructions;
  // Where a block was cut short, a `Next` stands in the place of an instruction that did not run.
  const uop = changetype<UopRecord>(runningUop);
  const isCut = uop.code == <u16>Uop.Next && <i64>uop.ip == uop.imm;
  return instructionsBefore(runningUop) + (isCut ? 0 : 1);
}

/**
 * Raises the pending debug traps, unless MOV SS has just been executed: they wait for one more instruction. While GIF
 * is clear breakpoints are discarded, and single-step traps are not (Table 15-10).
 */
function raisesDebugTrap(state: CpuState): bool {
  if (state.gif == 0) state.pendingDebug &= ~Debug.Dr6Breakpoints;
  if (state.pendingDebug == 0 || holdsDebug(state)) return false;
  raiseDebug(state.pendingDebug);
  return true;
}

/** MOV SS or POP SS was the last instruction: no #DB before the next, not even a breakpoint on it. */
function holdsDebug(state: CpuState): bool {
  return state.shadow != 0 && state.shadowHoldsDebug != 0;
}

/**
 * One instruction with everything that can happen around it: instruction breakpoints, the interrupt shadow, RF and
 * TF (APM vol 2 §13.1, §8.5).
 */
function stepCarefully(state: CpuState): Stop {
  const isIgnored = (state.systemFlags & Rflags.Rf) != 0 || holdsDebug(state);
  if (!isIgnored && hitsInstructionBreakpoint(state)) return settle();
  if (hitsBreakpoint(state, linearRip(state))) return Stop.Trap;
  const block = findBlock(state, state.mode | Mode.Step);
  if (block == 0) return isAborted() ? settle() : Stop.DecodeMiss;
  return stepInstruction(state, block);
}

function stepInstruction(state: CpuState, block: u32): Stop {
  const flagsBefore = state.systemFlags;
  const shadowBefore = state.shadow;
  const holdsBefore = state.shadowHoldsDebug;
  const delivered = state.eventsDelivered;
  state.shadow = 0;
  state.isStepSettled = 0;
  // RF lasts for one instruction; those that set it (IRET, POPF) find it clear and leave it set.
  state.systemFlags &= ~(<u32>Rflags.Rf);
  const flow = runBlock(state, block);
  if (flow == Flow.Leave) {
    if (shadowBefore != 0) endShadow(state, holdsBefore);
    // An event delivered by the instruction itself (INT n) has cleared TF and swallows the trap.
    const isStepped = (flagsBefore & Rflags.Tf) != 0 && state.isStepSettled == 0;
    if (isStepped && delivered == state.eventsDelivered) state.pendingDebug |= DR6_BS;
    updateAttention();
    return Stop.None;
  }
  if (flow == Flow.Repeat) {
    if (shadowBefore != 0) state.boundary |= state.watch & Watch.ShadowEnd;
    if ((flagsBefore & Rflags.Tf) != 0) state.pendingDebug |= DR6_BS;
    state.systemFlags |= flagsBefore & Rflags.Rf;
    updateAttention();
    return Stop.None;
  }
  // Nothing of the instruction happened; its shadow and RF are still what they were.
  state.shadow = shadowBefore;
  state.shadowHoldsDebug = holdsBefore;
  state.systemFlags |= flagsBefore & Rflags.Rf;
  state.pendingDebug = 0;
  forgetAccess();
  return settle();
}

/** In a row of instructions that each open a shadow only the first does, so that no program holds events for ever. */
function endShadow(state: CpuState, heldDebug: u32): void {
  state.boundary |= state.watch & Watch.ShadowEnd;
  if (heldDebug == 0 && state.shadowHoldsDebug != 0) return;
  state.shadow = 0;
  state.shadowHoldsDebug = 0;
}

function hitsInstructionBreakpoint(state: CpuState): bool {
  if ((state.dr7 & 0xff) == 0 || state.gif == 0) return false;
  const linear = linearRip(state);
  const hits = instructionBreakpoint(linear);
  if (hits == 0) return false;
  raiseDebug(hits);
  return true;
}

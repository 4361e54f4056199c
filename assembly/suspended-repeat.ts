/**
 * The repeated string instruction between two of whose iterations the processor is.
 *
 * An instruction is fetched once: undisturbed, a REP runs to its end as it was, whatever it stores (measured on Zen 4: STOS and
 * MOVS over themselves, up and down). An interrupt or an exception between two iterations has it fetched again. A deadline is
 * neither, and nobody may see where one was: the instruction is kept here until the run loop comes back, and is needed
 * then if its bytes are others by now.
 */
import { Mode } from './abi/processor-bits';
import { SysOp } from './abi/sys-op';
import { Uop, UOP_BYTES } from './abi/uop';
import { NO_PAGE } from './abi/layout';
import { Block } from './block';
import { commitBlock, nextBlockUops, runningUop } from './code-cache';
import { hotThreshold } from './region';
import { CpuState } from './state';
import { UopRecord } from './uop-record';

// `repeatForm`: which instruction and its width in bits 7:0, its length in 15:8, `param` of its micro-op in 31:16; 0 = none.
const FIRST: u32 = <u32>SysOp.Movs;
const LAST: u32 = <u32>SysOp.Outs;
const WIDTH_SHIFT: u32 = 4;
const LENGTH_SHIFT: u32 = 8;

/** The running instruction has stopped between two iterations. Gathers do so too, and are fetched again. */
export function suspendRepeat(state: CpuState): void {
  const uop = changetype<UopRecord>(runningUop);
  const kind = ((<u32>uop.imm) & 0xffff) - FIRST;
  if (kind > LAST - FIRST) return forgetRepeat(state);
  state.repeatForm =
    kind | ((<u32>uop.c) << WIDTH_SHIFT) | ((<u32>uop.n) << LENGTH_SHIFT) | ((<u32>uop.imm) & 0xffff0000);
  state.repeatRip = state.rip;
  state.repeatClock = state.clock;
}

/** A block for `mode` that goes on with the noted instruction, for one execution; 0 if RIP or time have moved. */
export function resumeRepeat(state: CpuState, mode: u32): u32 {
  const form = state.repeatForm;
  const isHere = state.rip == state.repeatRip && state.clock == state.repeatClock;
  forgetRepeat(state);
  const op = FIRST + (form & 7);
  if (!isHere || op > LAST) return 0;
  const at = nextBlockUops();
  const uop = changetype<UopRecord>(at);
  v128.store(at, i64x2.splat(0));
  uop.code = <u16>Uop.Sys;
  uop.c = <u8>((form >> WIDTH_SHIFT) & 3);
  uop.n = <u8>((form >> LENGTH_SHIFT) & 15);
  uop.imm = <i64>((<u64>(form & 0xffff0000)) | (<u64>op));
  const next = changetype<UopRecord>(at + UOP_BYTES);
  v128.store(at + UOP_BYTES, i64x2.splat(0));
  next.code = <u16>Uop.Next;
  next.c = <u8>((mode & Mode.CodeSize) + 1);
  next.imm = <i64>uop.n;
  const block = commitBlock(NO_PAGE, mode, 1, 2, uop.n, NO_PAGE);
  changetype<Block>(block).heat = hotThreshold;
  return block;
}

/** It is complete, or will be fetched again. */
export function forgetRepeat(state: CpuState): void {
  state.repeatForm = 0;
  state.repeatRip = 0;
  state.repeatClock = 0;
}

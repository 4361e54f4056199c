/**
 * The block at RIP: from the fetch cache, decoded before at its physical address, or missed, so that the host decodes it.
 *
 * What a fetch can fault at is here, too: the limit of CS, and the pages that an instruction lies in (APM vol 2 §8.2).
 */
import { NO_PAGE } from './abi/layout';
import { Mode } from './abi/processor-bits';
import { Seg } from './abi/register';
import { Block } from './block';
import { findDecoded } from './block-index';
import { dropBlock, reviveBlock } from './code-cache';
import { isAborted, raiseGp } from './fault';
import { translateFetch } from './memory';
import { cachedBlock, isCode64, isWithinCode, linearRip } from './next-block';
import { hotThreshold } from './region';
import { cpu, CpuState, limit } from './state';
import { resumeRepeat } from './suspended-repeat';
import { rememberFetch } from './tlb';

/** A decoded block for the next `run` alone: code that lies outside of physical memory. */
let transientBlock: u32 = 0;

export function setTransientBlock(block: u32): void {
  transientBlock = block;
}

/** The block at RIP, decoded for `mode`; 0 on a decode miss or, with `pending` set, a fetch fault. */
export function findBlock(state: CpuState, mode: u32): u32 {
  const linear = linearRip(state);
  const cached = cachedBlock(state, linear, mode);
  if (cached != 0) return cached;
  if (transientBlock != 0) return takeTransientBlock();
  if (state.repeatForm != 0) {
    const block = resumeRepeat(state, mode);
    if (block != 0) return block;
  }
  return findBlockByAddress(state, linear, mode);
}

function takeTransientBlock(): u32 {
  const block = transientBlock;
  transientBlock = 0;
  // It is gone after this execution: to report it as hot would be to decode it again, and again.
  changetype<Block>(block).heat = hotThreshold;
  return block;
}

function findBlockByAddress(state: CpuState, linear: u64, mode: u32): u32 {
  if ((mode & Mode.Flat) == 0 && state.rip > <u64>limit(Seg.Cs)) {
    raiseGp();
    return 0;
  }
  const physical = translateFetch(linear);
  if (isAborted()) return 0;
  state.missLinear = linear;
  state.missMode = mode;
  state.missPhysical = physical < <u64>state.memoryBytes ? <u32>physical : NO_PAGE;
  if (state.missPhysical == NO_PAGE) return 0;
  const decoded = findDecoded(state.missPhysical, mode);
  const block = decoded != 0 ? decoded : reviveBlock(state.missPhysical, mode);
  if (block == 0) return 0;
  if (!isWithinCode(state, changetype<Block>(block))) return findShorterBlock(state, mode);
  const second = changetype<Block>(block).secondPage;
  if (second != NO_PAGE) {
    const next = translateFetch(pageAfter(state, linear));
    if (isAborted()) return 0;
    // The tail moved to another page since this was decoded: decode again.
    if (next != <u64>second) {
      dropBlock(block);
      return 0;
    }
    return block;
  }
  rememberFetch(linear, mode, block);
  return block;
}

/** In place of a block that leaves CS its first instruction alone, and #GP(0) if that leaves CS too. */
function findShorterBlock(state: CpuState, mode: u32): u32 {
  if ((mode & Mode.Step) == 0) return findBlock(state, (mode & ~Mode.Exact) | Mode.Step);
  raiseGp();
  return 0;
}

/** Translates the page after the one that a missing block begins in. Physical address, NO_PAGE, or aborts. */
export function fetchNextPage(): u32 {
  const state = cpu();
  const physical = translateFetch(pageAfter(state, state.missLinear));
  if (isAborted()) return NO_PAGE;
  return physical < <u64>state.memoryBytes ? <u32>physical : NO_PAGE;
}

/** The first byte of the page after `linear`: code outside of 64-bit mode wraps at 4 GiB. */
function pageAfter(state: CpuState, linear: u64): u64 {
  const next = (linear & ~(<u64>0xfff)) + 4096;
  return isCode64(state) ? next : next & 0xffffffff;
}

/** The instruction at RIP runs over the end of the code segment: #GP(0) instead of a block. */
export function refuseFetch(): void {
  raiseGp();
}

/** Debug registers: breakpoints on instructions, data and ports (APM vol 2 §13.1). */
import { Cr4 } from './abi/processor-bits';
import { cpu, CpuState, STATE_ADDRESS } from './state';
import { watchAccess } from './traps';

/** R/W field of DR7: what a breakpoint watches (Table 13-1). */
enum Watched {
  Instruction = 0,
  Write = 1,
  /** With CR4.DE; without it the value is undefined, and watches nothing here. */
  Port = 2,
  ReadOrWrite = 3,
}

/** Collects in `pendingDebug` the enabled data breakpoints that an access hits; a debugger's watchpoints see it, too. */
export function matchDataBreakpoints(linear: u64, bytes: u32, isWrite: bool): void {
  const state = cpu();
  watchAccess(linear, bytes, isWrite);
  for (let i: u32 = 0; i < 4; i++) {
    if (!isEnabled(i)) continue;
    const watched = watchedBy(i);
    const isWatched = watched == Watched.ReadOrWrite || (isWrite && watched == Watched.Write);
    if (isWatched && overlaps(i, linear, bytes)) state.pendingDebug |= (<u32>1) << i;
  }
}

/** Collects in `pendingDebug` the enabled I/O breakpoints that an access to `bytes` ports hits. */
export function matchPortBreakpoints(port: u32, bytes: u32): void {
  const state = cpu();
  if ((state.cr4 & Cr4.De) == 0 || (state.dr7 & 0xff) == 0) return;
  for (let i: u32 = 0; i < 4; i++) {
    const isWatched = isEnabled(i) && watchedBy(i) == Watched.Port;
    if (isWatched && overlaps(i, <u64>port, bytes)) state.pendingDebug |= (<u32>1) << i;
  }
}

/** DR6 bits of the enabled breakpoints on the instruction at `linear`. The caller honours RFLAGS.RF. */
export function instructionBreakpoint(linear: u64): u32 {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    const isWatched = isEnabled(i) && watchedBy(i) == Watched.Instruction;
    if (isWatched && breakpointAddress(i) == linear) bits |= (<u32>1) << i;
  }
  return bits;
}

/** L or G of breakpoint `i`. */
function isEnabled(i: u32): bool {
  return (((<u32>cpu().dr7) >> (i << 1)) & 3) != 0;
}

function watchedBy(i: u32): Watched {
  return <Watched>(((<u32>cpu().dr7) >> (16 + (i << 2))) & 3);
}

/** Bytes that breakpoint `i` covers: LEN 0 to 3 is 1, 2, 8, 4. */
function breakpointBytes(i: u32): u64 {
  const length = ((<u32>cpu().dr7) >> (18 + (i << 2))) & 3;
  if (length == 2) return 8;
  return <u64>(length + 1);
}

function breakpointAddress(i: u32): u64 {
  return load<u64>(STATE_ADDRESS + (i << 3), offsetof<CpuState>('dr0'));
}

/** A breakpoint covers the aligned span of its length around its address (§13.1.1.4). */
function overlaps(i: u32, address: u64, bytes: u32): bool {
  const span = breakpointBytes(i);
  const first = breakpointAddress(i) & ~(span - 1);
  return address - first < span || first - address < <u64>bytes;
}

/** Decode assists: the bytes of the instruction that a data access stopped, for the VMCB (APM vol 2 §15.8.4). */
import { Access } from './abi/access';
import { ExitCode } from './abi/exit-code';
import { Pending } from './abi/stop';
import { Vector } from './abi/vector';
import { VmcbOffset } from './abi/vmcb-layout';
import { isAborted } from './fault';
import { readPhysical } from './memory';
import { translate } from './paging';
import { limit, cpu, is64Bit } from './state';
import { Seg } from './abi/register';

const MOST_BYTES: u32 = 15;
const PAGE_BYTES: u64 = 4096;

/**
 * Writes VMCB 0D0h: the number of bytes fetched, and the bytes. Only data-side #PF and nested page faults have any
 * (and, not silicon's, an instruction that is not implemented); a fault while an event is delivered has no instruction. Fetching stops early where it would fault itself.
 */
export function storeInstructionBytes(vmcb: u32): void {
  const count: u32 = hasInstructionBytes() ? fetch(vmcb + VmcbOffset.InstructionBytes) : 0;
  store<u8>(vmcb, <u8>count, VmcbOffset.InstructionBytesFetched);
}

function hasInstructionBytes(): bool {
  const state = cpu();
  const code = state.exitCode;
  if (code == <u64>(<u32>ExitCode.NotImplemented)) return true;
  if (code != ExitCode.NestedPageFault && code != ExitCode.Exception0 + Vector.Pf) return false;
  return state.eventInfo == 0 && state.isFetchFault == 0;
}

function fetch(target: u32): u32 {
  const state = cpu();
  let physical: u64 = 0;
  for (let i: u32 = 0; i < MOST_BYTES; i++) {
    const offset = state.rip + i;
    if (!is64Bit() && offset > <u64>limit(Seg.Cs)) return i;
    const linear = is64Bit() ? offset : (state.csBase + offset) & 0xffffffff;
    if (i == 0 || (linear & (PAGE_BYTES - 1)) == 0) {
      physical = fetchAddress(linear);
      if (physical == NOT_MAPPED) return i;
    }
    store<u8>(target + i, readPhysical<u8>(physical));
    physical++;
  }
  return MOST_BYTES;
}

const NOT_MAPPED: u64 = ~(<u64>0);

/** Translates for a fetch, and forgets the fault if there is one. */
function fetchAddress(linear: u64): u64 {
  const state = cpu();
  state.pending = Pending.None;
  const physical = translate(linear, Access.Fetch, state.cpl == 3, false);
  const isMapped = !isAborted();
  state.pending = Pending.None;
  return isMapped ? physical : NOT_MAPPED;
}

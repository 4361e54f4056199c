/** RDMSR and WRMSR: privilege, then the MSR permission map, then the register itself (APM vol 2 §15.11). */
import { ExitCode } from '../abi/exit-code';
import { Msr } from '../abi/msr';
import { Flow } from '../abi/stop';
import { isAborted, isIntercepted, raiseExit, raiseGp } from '../fault';
import { readPhysical } from '../memory';
import { readMsr, writeMsr } from '../msr-file';
import { updateMode } from '../mode';
import { cpu } from '../state';
import { UopRecord } from '../uop-record';
import { leave, leaveWithTrap } from './completion';
import { setEdxEax } from './time';

/** The map has 2 KiB for each of three ranges of 8,192 registers, two bits a register: read, write. */
const RANGE_MASK: u32 = 0x1fff;
const RANGE_BYTES: u32 = 0x800;
const OUTSIDE: u32 = 0xffffffff;

/** EXITINFO1 of the MSR intercept, also the bit of a register's pair in the map. */
const READ: u32 = 0;
const WRITE: u32 = 1;

export function rdmsr(uop: UopRecord): Flow {
  if (cpu().cpl != 0) return raiseGp();
  const index = <u32>cpu().rcx;
  if (isMsrIntercepted(index, READ)) return raiseExit(ExitCode.Msr, READ, 0, cpu().nextRip);
  const value = readMsr(index);
  if (isAborted()) return Flow.Abort;
  setEdxEax(value);
  return Flow.Next;
}

export function wrmsr(uop: UopRecord): Flow {
  const state = cpu();
  if (state.cpl != 0) return raiseGp();
  const index = <u32>state.rcx;
  if (isMsrIntercepted(index, WRITE)) return raiseExit(ExitCode.Msr, WRITE, 0, state.nextRip);
  const value = (state.rdx << 32) | (<u64>(<u32>state.rax));
  writeMsr(index, value);
  if (isAborted()) return Flow.Abort;
  updateMode();
  const isTrapped = index == Msr.Efer && isIntercepted(ExitCode.EferWriteTrap);
  return isTrapped ? leaveWithTrap(ExitCode.EferWriteTrap, value) : leave();
}

/** Registers outside of the map's ranges are always intercepted. */
function isMsrIntercepted(index: u32, access: u32): bool {
  if (!isIntercepted(ExitCode.Msr)) return false;
  const rangeBase = rangeOffset(index);
  if (rangeBase == OUTSIDE) return true;
  const bit = ((index & RANGE_MASK) << 1) + access;
  const byte = readPhysical<u8>(<u64>(cpu().msrpmBase + rangeBase + (bit >> 3)));
  return ((byte >> (<u8>(bit & 7))) & 1) != 0;
}

/** Where in the map the range of `index` begins. */
function rangeOffset(index: u32): u32 {
  switch (index & ~RANGE_MASK) {
    case 0:
      return 0;
    case 0xc0000000:
      return RANGE_BYTES;
    case 0xc0010000:
      return 2 * RANGE_BYTES;
    default:
      return OUTSIDE;
  }
}

/** LAR, LSL, VERR, VERW, ARPL: what a program may ask about selectors (APM vol 2 §4.10, §6.2; vol 3). */
import { SegAttr } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import {
  dataDescriptor,
  Descriptor,
  descriptorDpl,
  findDescriptor,
  isConforming,
  isNullSelector,
  isReadable,
  isWritableData,
  SystemType,
} from '../descriptor';
import { isAborted, raiseUd } from '../fault';
import { setZeroFlag } from '../flags';
import { readLinear, writeLinear } from '../memory';
import { isRealOrV86, segmentLinear } from '../segment';
import { cpu, isLongMode, register, setRegister } from '../state';
import { UopRecord } from '../uop-record';

/** What LAR keeps of a descriptor's second word. */
const LAR_MASK: u32 = 0x00ffff00;
/** Types of system descriptors that LAR shows: TSSs, LDT, call gates and the task gate. */
const LAR_TYPES: u32 =
  (1 << SystemType.AvailableTss16) |
  (1 << SystemType.Ldt) |
  (1 << SystemType.BusyTss16) |
  (1 << SystemType.CallGate16) |
  (1 << SystemType.TaskGate) |
  (1 << SystemType.AvailableTss32) |
  (1 << SystemType.BusyTss32) |
  (1 << SystemType.CallGate32);
/** Those that have a limit. */
const LSL_TYPES: u32 =
  LAR_TYPES & ~((1 << SystemType.CallGate16) | (1 << SystemType.TaskGate) | (1 << SystemType.CallGate32));
/** Those that exist in long mode. */
const LONG_TYPES: u32 =
  (1 << SystemType.Ldt) |
  (1 << SystemType.AvailableTss32) |
  (1 << SystemType.BusyTss32) |
  (1 << SystemType.CallGate32);

/** Access rights of the selector in b. */
export function lar(uop: UopRecord): Flow {
  if (isRealOrV86()) return raiseUd();
  const d = dataDescriptor();
  const isVisible = query(d, register<u16>(uop.b), LAR_TYPES);
  if (isAborted()) return Flow.Abort;
  if (isVisible) writeResult(uop, d.high & LAR_MASK);
  setZeroFlag(isVisible);
  return Flow.Next;
}

/** Limit in bytes of the selector in b. */
export function lsl(uop: UopRecord): Flow {
  if (isRealOrV86()) return raiseUd();
  const d = dataDescriptor();
  const isVisible = query(d, register<u16>(uop.b), LSL_TYPES);
  if (isAborted()) return Flow.Abort;
  if (isVisible) writeResult(uop, d.limit);
  setZeroFlag(isVisible);
  return Flow.Next;
}

export function verr(uop: UopRecord): Flow {
  return verify(uop, false);
}

export function verw(uop: UopRecord): Flow {
  return verify(uop, true);
}

/** Raises the RPL of a to that of b. Memory is written only then: a read-only operand may be looked at. */
export function arpl(uop: UopRecord): Flow {
  if (isRealOrV86()) return raiseUd();
  const value = readSelectorOperand(uop);
  if (isAborted()) return Flow.Abort;
  const rpl = (<u32>register<u16>(uop.b)) & 3;
  const isRaised = (value & 3) < rpl;
  if (isRaised) writeSelectorOperand(uop, <u16>((value & ~(<u32>3)) | rpl));
  if (isAborted()) return Flow.Abort;
  setZeroFlag(isRaised);
  return Flow.Next;
}

/** In the param of ARPL: the operand is in memory, in the segment of bits 2:0. */
const IN_MEMORY: u32 = 8;
const SEGMENT: u32 = 7;

function readSelectorOperand(uop: UopRecord): u32 {
  const param = <u32>(uop.imm >> 16);
  if ((param & IN_MEMORY) == 0) return register<u16>(uop.a);
  const linear = segmentLinear(param & SEGMENT, register<u64>(uop.a), 2, false);
  return isAborted() ? 0 : readLinear<u16>(linear, param & SEGMENT);
}

function writeSelectorOperand(uop: UopRecord, value: u16): void {
  const param = <u32>(uop.imm >> 16);
  if ((param & IN_MEMORY) == 0) return setRegister<u16>(uop.a, value);
  const linear = segmentLinear(param & SEGMENT, register<u64>(uop.a), 2, true);
  if (!isAborted()) writeLinear<u16>(linear, param & SEGMENT, value);
}

function writeResult(uop: UopRecord, value: u32): void {
  if (uop.c == 1) setRegister<u16>(uop.a, <u16>value);
  else setRegister<u64>(uop.a, <u64>value);
}

/** Reads a descriptor if the program may know about it; `systemTypes` is a bit map of types. */
function query(d: Descriptor, target: u32, systemTypes: u32): bool {
  if (isNullSelector(target) || !findDescriptor(d, target)) return false;
  if ((d.attributes & SegAttr.S) != 0) return isConforming(d) || isWithinReach(d, target);
  const types = isLongMode() ? systemTypes & LONG_TYPES : systemTypes;
  return ((types >> (d.attributes & SegAttr.Type)) & 1) != 0 && isWithinReach(d, target);
}

function isWithinReach(d: Descriptor, target: u32): bool {
  return max<u32>(cpu().cpl, target & 3) <= descriptorDpl(d);
}

function verify(uop: UopRecord, isWrite: bool): Flow {
  if (isRealOrV86()) return raiseUd();
  const d = dataDescriptor();
  const isVisible = query(d, register<u16>(uop.b), 0);
  if (isAborted()) return Flow.Abort;
  setZeroFlag(isVisible && (isWrite ? isWritableData(d) : isReadable(d)));
  return Flow.Next;
}

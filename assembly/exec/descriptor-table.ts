/** GDTR and IDTR (APM vol 2 §4.6, intercepts: §15.9 Table 15-7). */
import { ExitCode } from '../abi/exit-code';
import { Cr4 } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { exitInstruction, isAborted, isIntercepted, raiseGp } from '../fault';
import { isCanonical } from '../canonical';
import { probeWrite, readLinear, writeLinear } from '../memory';
import { segmentLinear } from '../segment';
import { cpu, is64Bit, register } from '../state';
import { UopRecord } from '../uop-record';

/** log2 of a 16-bit operand's bytes: LGDT and LIDT then take 24 bits of base. */
const WORD: u32 = 1;
const BASE_24: u64 = 0xffffff;

/** The operand of LGDT or LIDT; dead after the instruction. */
let loadedLimit: u32 = 0;
let loadedBase: u64 = 0;

/** Bytes of the limit, which comes first, and of limit and base. */
const LIMIT_BYTES: u32 = 2;
const IMAGE_BYTES: u32 = 6;
const IMAGE_BYTES_64: u32 = 10;

/** The segment of the operand. */
function operandSegment(uop: UopRecord): u32 {
  return (<u32>(uop.imm >> 16)) & 7;
}

/** Linear address of the operand. Aborts if the segment does not allow the access. */
function operandAddress(uop: UopRecord, isWrite: bool): u64 {
  const bytes = is64Bit() ? IMAGE_BYTES_64 : IMAGE_BYTES;
  return segmentLinear(operandSegment(uop), register<u64>(uop.a), bytes, isWrite);
}

/** Where the base is: after the limit. Addresses outside of 64-bit mode wrap at 4 GiB. */
function baseAddress(linear: u64): u64 {
  const address = linear + LIMIT_BYTES;
  return is64Bit() ? address : address & 0xffffffff;
}

/** Reads a pseudo-descriptor: limit, then base. Aborts if it cannot be read or its base is not canonical. */
function readPseudoDescriptor(uop: UopRecord): void {
  const seg = operandSegment(uop);
  const linear = operandAddress(uop, false);
  if (isAborted()) return;
  loadedLimit = readLinear<u16>(linear, seg);
  if (isAborted()) return;
  const second = baseAddress(linear);
  loadedBase = is64Bit() ? readLinear<u64>(second, seg) : <u64>readLinear<u32>(second, seg);
  if (isAborted()) return;
  if (is64Bit()) {
    if (!isCanonical(loadedBase)) raiseGp();
  } else if (uop.c == WORD) {
    loadedBase &= BASE_24;
  }
}

/** Stores limit and base, all or nothing. The operand size is ignored: 6 bytes, in 64-bit mode 10. */
function writePseudoDescriptor(uop: UopRecord, tableLimit: u32, tableBase: u64): Flow {
  const seg = operandSegment(uop);
  const linear = operandAddress(uop, true);
  if (isAborted()) return Flow.Abort;
  const second = baseAddress(linear);
  probeWrite(linear, LIMIT_BYTES, seg);
  if (isAborted()) return Flow.Abort;
  probeWrite(second, is64Bit() ? 8 : 4, seg);
  if (isAborted()) return Flow.Abort;
  writeLinear<u16>(linear, seg, <u16>tableLimit);
  if (is64Bit()) writeLinear<u64>(second, seg, tableBase);
  else writeLinear<u32>(second, seg, <u32>tableBase);
  return Flow.Next;
}

export function lgdt(uop: UopRecord): Flow {
  if (cpu().cpl != 0) return raiseGp();
  if (isIntercepted(ExitCode.GdtrWrite)) return exitInstruction(ExitCode.GdtrWrite);
  readPseudoDescriptor(uop);
  if (isAborted()) return Flow.Abort;
  cpu().gdtrLimit = loadedLimit;
  cpu().gdtrBase = loadedBase;
  return Flow.Next;
}

export function lidt(uop: UopRecord): Flow {
  if (cpu().cpl != 0) return raiseGp();
  if (isIntercepted(ExitCode.IdtrWrite)) return exitInstruction(ExitCode.IdtrWrite);
  readPseudoDescriptor(uop);
  if (isAborted()) return Flow.Abort;
  cpu().idtrLimit = loadedLimit;
  cpu().idtrBase = loadedBase;
  return Flow.Next;
}

/** User-mode instruction prevention: SGDT, SIDT, SLDT, STR and SMSW need CPL 0 (APM vol 2 §3.1.3). */
export function isPreventedInUserMode(): bool {
  return cpu().cpl != 0 && (cpu().cr4 & Cr4.Umip) != 0;
}

export function sgdt(uop: UopRecord): Flow {
  if (isPreventedInUserMode()) return raiseGp();
  if (isIntercepted(ExitCode.GdtrRead)) return exitInstruction(ExitCode.GdtrRead);
  return writePseudoDescriptor(uop, cpu().gdtrLimit, cpu().gdtrBase);
}

export function sidt(uop: UopRecord): Flow {
  if (isPreventedInUserMode()) return raiseGp();
  if (isIntercepted(ExitCode.IdtrRead)) return exitInstruction(ExitCode.IdtrRead);
  return writePseudoDescriptor(uop, cpu().idtrLimit, cpu().idtrBase);
}

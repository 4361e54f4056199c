/** GDTR and IDTR (APM vol 2 §4.6, intercepts: §15.9 Table 15-7). */
import { ExitCode } from '../abi/exit-code';
import { Cr4 } from '../abi/processor-bits';
import { Seg } from '../abi/register';
import { Flow } from '../abi/stop';
import { exitInstruction, isAborted, isIntercepted, raiseGp } from '../fault';
import { isCanonical, probeWrite, readLinear, writeLinear } from '../memory';
import { cpu, is64Bit, register } from '../state';
import { UopRecord } from '../uop-record';

/** log2 of a 16-bit operand's bytes: LGDT and LIDT then take 24 bits of base. */
const WORD: u32 = 1;
const BASE_24: u64 = 0xffffff;

/** The operand of LGDT or LIDT; dead after the instruction. */
let loadedLimit: u32 = 0;
let loadedBase: u64 = 0;

/** Reads a pseudo-descriptor: limit, then base. Aborts if it cannot be read or its base is not canonical. */
function readPseudoDescriptor(uop: UopRecord): void {
  const linear = register<u64>(uop.a);
  loadedLimit = readLinear<u16>(linear, Seg.Ds);
  if (isAborted()) return;
  loadedBase = is64Bit() ? readLinear<u64>(linear + 2, Seg.Ds) : <u64>readLinear<u32>(linear + 2, Seg.Ds);
  if (isAborted()) return;
  if (is64Bit()) {
    if (!isCanonical(loadedBase)) raiseGp();
  } else if (uop.c == WORD) {
    loadedBase &= BASE_24;
  }
}

/** Stores limit and base, all or nothing. The operand size is ignored: 6 bytes, in 64-bit mode 10. */
function writePseudoDescriptor(uop: UopRecord, tableLimit: u32, tableBase: u64): Flow {
  const linear = register<u64>(uop.a);
  probeWrite(linear, 2, Seg.Ds);
  if (isAborted()) return Flow.Abort;
  probeWrite(linear + 2, is64Bit() ? 8 : 4, Seg.Ds);
  if (isAborted()) return Flow.Abort;
  writeLinear<u16>(linear, Seg.Ds, <u16>tableLimit);
  if (is64Bit()) writeLinear<u64>(linear + 2, Seg.Ds, tableBase);
  else writeLinear<u32>(linear + 2, Seg.Ds, <u32>tableBase);
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

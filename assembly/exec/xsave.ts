/**
 * XSAVE, XSAVEOPT, XSAVEC and XSAVES (APM vol 4; vol 2 §11.5). The components are x87, SSE and AVX, whose place in the
 * compact format is the same as in the standard one. XSAVEOPT leaves out what is in its initial configuration; it does not
 * know what has not been modified since XRSTOR.
 */
import { Cr0, Cr4, Xcr0 } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { Vector } from '../abi/vector';
import {
  image,
  Legacy,
  saveMxcsr,
  saveUpperHalves,
  saveX87,
  saveXmm,
  SLOT_BYTES,
  stateInUse,
  vectorCount,
} from '../extended-state';
import { raise, raiseGp, raiseUd } from '../fault';
import { cpu } from '../state';
import { UopRecord } from '../uop-record';
import { stateInUseWithMxcsr } from './extended-control';
import { isAreaAligned, isWideFormat, openArea, probeAreaWrite, readArea, writeArea } from './state-operand';

/** The XSAVE area: the header is behind the legacy region, the upper halves of YMM behind that. */
export enum Area {
  /** XSTATE_BV */
  Present = 512,
  /** XCOMP_BV */
  Format = 520,
  /** Zero where the header is read. */
  Reserved = 528,
  Upper = 576,
  End = 832,
  Alignment = 64,
}

/** XCOMP_BV: the compact format. */
export const COMPACT: u64 = 0x8000000000000000;

/** #UD without CR4.OSXSAVE, then #NM if CR0.TS is set. False: aborted. */
export function isXsaveAvailable(): bool {
  const state = cpu();
  if ((state.cr4 & Cr4.Osxsave) == 0) raiseUd();
  else if ((state.cr0 & Cr0.Ts) != 0) raise(Vector.Nm);
  else return true;
  return false;
}

/** The components that EDX:EAX asks for, of those that XCR0 enables. */
export function requestedComponents(): u64 {
  const state = cpu();
  return ((state.rdx << 32) | (<u64>(<u32>state.rax))) & state.xcr0;
}

/** Bytes of an area with these components. */
export function areaBytes(components: u64): u32 {
  return (components & Xcr0.Avx) != 0 ? Area.End : Area.Upper;
}

/** Everything that is asked for is written, used or not. */
export function xsave(uop: UopRecord): Flow {
  return saveStandard(uop, false);
}

/** What is asked for and used. */
export function xsaveopt(uop: UopRecord): Flow {
  return saveStandard(uop, true);
}

/** What is asked for and used, in the compact format. */
export function xsavec(uop: UopRecord): Flow {
  const requested = requestedComponents();
  if (!isXsaveAvailable() || !openForWriting(uop, requested)) return Flow.Abort;
  const saved = requested & stateInUseWithMxcsr();
  saveComponents(uop, saved, (saved & Xcr0.Sse) != 0);
  store<u64>(image(Area.Present), saved);
  store<u64>(image(Area.Format), requested | COMPACT);
  writeArea(Area.Present, Area.Reserved);
  return Flow.Next;
}

/** As XSAVEC at CPL 0: there is no supervisor state (the MSR XSS is zero). */
export function xsaves(uop: UopRecord): Flow {
  if (!isXsaveAvailable()) return Flow.Abort;
  return cpu().cpl != 0 ? raiseGp() : xsavec(uop);
}

function saveStandard(uop: UopRecord, isOptimized: bool): Flow {
  const requested = requestedComponents();
  if (!isXsaveAvailable() || !openForWriting(uop, requested)) return Flow.Abort;
  const used = requested & stateInUse();
  if (!readArea(Area.Present, Area.Format)) return Flow.Abort;
  const kept = load<u64>(image(Area.Present)) & ~requested;
  saveComponents(uop, isOptimized ? used : requested, (requested & (Xcr0.Sse | Xcr0.Avx)) != 0);
  store<u64>(image(Area.Present), kept | used);
  writeArea(Area.Present, Area.Format);
  return Flow.Next;
}

/** False: aborted. #GP(0) if it is not aligned; never #AC. */
export function openXsaveArea(uop: UopRecord): bool {
  openArea(uop);
  if (isAreaAligned(Area.Alignment)) return true;
  raiseGp();
  return false;
}

/** False: aborted. */
function openForWriting(uop: UopRecord, requested: u64): bool {
  return openXsaveArea(uop) && probeAreaWrite(0) && probeAreaWrite(areaBytes(requested) - 1);
}

function saveComponents(uop: UopRecord, components: u64, savesMxcsr: bool): void {
  if ((components & Xcr0.X87) != 0) {
    saveX87(isWideFormat(uop));
    writeArea(0, Legacy.Mxcsr);
    writeArea(Legacy.X87, Legacy.Xmm);
  }
  if (savesMxcsr) {
    saveMxcsr();
    writeArea(Legacy.Mxcsr, Legacy.X87);
  }
  const vectorBytes = vectorCount() * SLOT_BYTES;
  if ((components & Xcr0.Sse) != 0) {
    saveXmm();
    writeArea(Legacy.Xmm, Legacy.Xmm + vectorBytes);
  }
  if ((components & Xcr0.Avx) != 0) {
    saveUpperHalves(Area.Upper);
    writeArea(Area.Upper, Area.Upper + vectorBytes);
  }
}

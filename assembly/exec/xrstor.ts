/** XRSTOR and XRSTORS (APM vol 4; vol 2 §11.5). Nothing is restored before the whole area is known to be legal. */
import { Mxcsr, Xcr0 } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import {
  image,
  initializeState,
  isMxcsrReserved,
  Legacy,
  restoreMxcsr,
  restoreUpperHalves,
  restoreX87,
  restoreXmm,
} from '../extended-state';
import { raiseGp } from '../fault';
import { cpu } from '../state';
import { UopRecord } from '../uop-record';
import { checkAreaSegment, isWideFormat, probeAreaRead, readArea } from './state-operand';
import { Area, areaBytes, COMPACT, isXsaveAvailable, openXsaveArea, requestedComponents } from './xsave';

export function xrstor(uop: UopRecord): Flow {
  return isXsaveAvailable() ? restore(uop, false) : Flow.Abort;
}

/** At CPL 0, and from the compact format alone. */
export function xrstors(uop: UopRecord): Flow {
  if (!isXsaveAvailable()) return Flow.Abort;
  return cpu().cpl != 0 ? raiseGp() : restore(uop, true);
}

function restore(uop: UopRecord, mustBeCompact: bool): Flow {
  const requested = requestedComponents();
  if (!openXsaveArea(uop) || !probeAreaRead(0)) return Flow.Abort;
  if (!checkAreaSegment(Area.Upper - 1, false) || !readArea(Area.Present, Area.Upper)) return Flow.Abort;
  const isCompact = (load<u64>(image(Area.Format)) & COMPACT) != 0;
  if (mustBeCompact && !isCompact) return raiseGp();
  if (isCompact ? !isCompactHeaderLegal() : !isStandardHeaderLegal()) return raiseGp();
  const loaded = requested & load<u64>(image(Area.Present));
  const bytes = areaBytes(isCompact ? loaded : requested);
  if (!probeAreaRead(bytes - 1) || !readArea(0, Legacy.Bytes)) return Flow.Abort;
  if ((loaded & Xcr0.Avx) != 0 && !readArea(Area.Upper, Area.End)) return Flow.Abort;
  // The standard format always has an MXCSR, whatever XSTATE_BV says; the compact one has it with the SSE state.
  const loadsMxcsr = isCompact ? (loaded & Xcr0.Sse) != 0 : (requested & (Xcr0.Sse | Xcr0.Avx)) != 0;
  if (loadsMxcsr && isMxcsrReserved()) return raiseGp();
  if (loadsMxcsr) restoreMxcsr();
  else if (isCompact && (requested & Xcr0.Sse) != 0) cpu().mxcsr = Mxcsr.Reset;
  restoreComponents(uop, requested, loaded);
  return Flow.Next;
}

/** XSTATE_BV names enabled components alone; XCOMP_BV and the 8 bytes behind it are zero. */
function isStandardHeaderLegal(): bool {
  const present = load<u64>(image(Area.Present));
  return (
    (present & ~cpu().xcr0) == 0 && (load<u64>(image(Area.Format)) | load<u64>(image(Area.Reserved))) == 0
  );
}

/** XCOMP_BV names enabled components alone, XSTATE_BV some of those; the rest of the header is zero. */
function isCompactHeaderLegal(): bool {
  const format = load<u64>(image(Area.Format)) & ~COMPACT;
  let reserved: u64 = 0;
  for (let at: u32 = Area.Reserved; at < <u32>Area.Upper; at += 8) reserved |= load<u64>(image(at));
  return (format & ~cpu().xcr0) == 0 && (load<u64>(image(Area.Present)) & ~format) == 0 && reserved == 0;
}

/** What is asked for is loaded, or put into its initial configuration where the area does not have it. */
function restoreComponents(uop: UopRecord, requested: u64, loaded: u64): void {
  for (let component: u64 = Xcr0.X87; component <= <u64>Xcr0.Avx; component <<= 1) {
    if ((requested & component) == 0) continue;
    if ((loaded & component) == 0) initializeState(component);
    else if (component == Xcr0.X87) restoreX87(isWideFormat(uop));
    else if (component == Xcr0.Sse) restoreXmm();
    else restoreUpperHalves(Area.Upper);
  }
}

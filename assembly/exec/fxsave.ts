/** FXSAVE and FXRSTOR (APM vol 4; vol 2 §11.4.4). */
import { Cr0, Cr4, Efer } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { Vector } from '../abi/vector';
import {
  isMxcsrReserved,
  Legacy,
  restoreMxcsr,
  restoreX87,
  restoreXmm,
  saveMxcsr,
  saveX87,
  saveXmm,
  SLOT_BYTES,
  vectorCount,
} from '../extended-state';
import { raise, raiseGp, raiseUd, raiseWithCode } from '../fault';
import { isAlignmentChecked } from '../memory';
import { cpu, is64Bit } from '../state';
import { UopRecord } from '../uop-record';
import {
  checkAreaSegment,
  isAreaAligned,
  isWideFormat,
  openArea,
  probeAreaRead,
  probeAreaWrite,
  readArea,
  writeArea,
} from './state-operand';

const ALIGNMENT: u32 = 16;
/** Where #AC is enabled, what is not aligned to this raises it instead of #GP(0). */
const CHECKED_ALIGNMENT: u32 = 4;
const BYTES: u32 = Legacy.Bytes;

export function fxsave(uop: UopRecord): Flow {
  if (!isAvailable() || !openAligned(uop)) return Flow.Abort;
  if (!probeAreaWrite(BYTES - 1) || !probeAreaWrite(0)) return Flow.Abort;
  saveX87(isWideFormat(uop));
  writeArea(0, Legacy.Mxcsr);
  writeArea(Legacy.X87, Legacy.Xmm);
  if (!hasMediaState()) return Flow.Next;
  saveMxcsr();
  writeArea(Legacy.Mxcsr, Legacy.X87);
  if (isFast()) return Flow.Next;
  saveXmm();
  writeArea(Legacy.Xmm, endOfXmm());
  return Flow.Next;
}

export function fxrstor(uop: UopRecord): Flow {
  if (!isAvailable() || !openAligned(uop)) return Flow.Abort;
  if (!probeAreaRead(BYTES - 1) || !readArea(0, endOfXmm())) return Flow.Abort;
  if (hasMediaState()) {
    if (isMxcsrReserved()) return raiseGp();
    restoreMxcsr();
    if (!isFast()) restoreXmm();
  }
  restoreX87(isWideFormat(uop));
  return Flow.Next;
}

/** #UD if CR0.EM is set, then #NM if CR0.TS is set. False: aborted. */
function isAvailable(): bool {
  const cr0 = cpu().cr0;
  if ((cr0 & Cr0.Em) != 0) raiseUd();
  else if ((cr0 & Cr0.Ts) != 0) raise(Vector.Nm);
  else return true;
  return false;
}

/** The segment must have the first word, to be read, before alignment matters. False: aborted. */
function openAligned(uop: UopRecord): bool {
  openArea(uop);
  if (!checkAreaSegment(CHECKED_ALIGNMENT - 1, false)) return false;
  if (isAlignmentChecked() && !isAreaAligned(CHECKED_ALIGNMENT)) raiseWithCode(Vector.Ac, 0);
  else if (!isAreaAligned(ALIGNMENT)) raiseGp();
  else return true;
  return false;
}

/** Without CR4.OSFXSR only the x87 state is moved. */
function hasMediaState(): bool {
  return (cpu().cr4 & Cr4.Osfxsr) != 0;
}

/** EFER.FFXSR: 64-bit code at CPL 0 leaves the XMM registers out. */
function isFast(): bool {
  return (cpu().efer & Efer.Ffxsr) != 0 && is64Bit() && cpu().cpl == 0;
}

function endOfXmm(): u32 {
  return Legacy.Xmm + vectorCount() * SLOT_BYTES;
}

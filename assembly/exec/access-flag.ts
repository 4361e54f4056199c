/** CLAC and STAC: RFLAGS.AC as the switch of SMAP (APM vol 3 CLAC, STAC; vol 2 §5.6.6). */
import { Rflags } from '../abi/processor-bits';
import { Flow } from '../abi/stop';
import { raiseUd } from '../fault';
import { cpu, isV86 } from '../state';
import { UopRecord } from '../uop-record';
import { leaveInNewMode } from './completion';

export function clac(uop: UopRecord): Flow {
  return setAccessFlag(0);
}

export function stac(uop: UopRecord): Flow {
  return setAccessFlag(<u32>Rflags.Ac);
}

/** AC selects how data accesses are checked, so the mode is derived anew. */
function setAccessFlag(value: u32): Flow {
  const state = cpu();
  if (isV86() || state.cpl != 0) return raiseUd();
  state.systemFlags = (state.systemFlags & ~(<u32>Rflags.Ac)) | value;
  return leaveInNewMode();
}

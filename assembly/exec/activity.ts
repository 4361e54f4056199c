/** Interrupt flag, HLT, PAUSE, MONITOR, MWAIT. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function cli(uop: UopRecord): Flow {
  return unimplemented();
}

export function sti(uop: UopRecord): Flow {
  return unimplemented();
}

export function hlt(uop: UopRecord): Flow {
  return unimplemented();
}

export function pause(uop: UopRecord): Flow {
  return unimplemented();
}

export function monitor(uop: UopRecord): Flow {
  return unimplemented();
}

export function mwait(uop: UopRecord): Flow {
  return unimplemented();
}

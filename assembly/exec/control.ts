/** Control and debug registers. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function movFromCr(uop: UopRecord): Flow {
  return unimplemented();
}

export function movToCr(uop: UopRecord): Flow {
  return unimplemented();
}

export function movFromDr(uop: UopRecord): Flow {
  return unimplemented();
}

export function movToDr(uop: UopRecord): Flow {
  return unimplemented();
}

export function clts(uop: UopRecord): Flow {
  return unimplemented();
}

export function lmsw(uop: UopRecord): Flow {
  return unimplemented();
}

export function smsw(uop: UopRecord): Flow {
  return unimplemented();
}

export function xsetbv(uop: UopRecord): Flow {
  return unimplemented();
}

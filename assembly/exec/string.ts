/** String instructions. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function movs(uop: UopRecord): Flow {
  return unimplemented();
}

export function stos(uop: UopRecord): Flow {
  return unimplemented();
}

export function lods(uop: UopRecord): Flow {
  return unimplemented();
}

export function cmps(uop: UopRecord): Flow {
  return unimplemented();
}

export function scas(uop: UopRecord): Flow {
  return unimplemented();
}

export function ins(uop: UopRecord): Flow {
  return unimplemented();
}

export function outs(uop: UopRecord): Flow {
  return unimplemented();
}

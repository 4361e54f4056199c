/** PUSHF, POPF, PUSHA, POPA, ENTER. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function pushf(uop: UopRecord): Flow {
  return unimplemented();
}

export function popf(uop: UopRecord): Flow {
  return unimplemented();
}

export function pusha(uop: UopRecord): Flow {
  return unimplemented();
}

export function popa(uop: UopRecord): Flow {
  return unimplemented();
}

export function enter(uop: UopRecord): Flow {
  return unimplemented();
}

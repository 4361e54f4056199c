/** Software interrupts, BOUND and IRET. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function intN(uop: UopRecord): Flow {
  return unimplemented();
}

export function int3(uop: UopRecord): Flow {
  return unimplemented();
}

export function into(uop: UopRecord): Flow {
  return unimplemented();
}

export function int1(uop: UopRecord): Flow {
  return unimplemented();
}

export function iret(uop: UopRecord): Flow {
  return unimplemented();
}

export function bound(uop: UopRecord): Flow {
  return unimplemented();
}

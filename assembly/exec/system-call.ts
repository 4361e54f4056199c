/** SYSCALL, SYSENTER and their returns, SWAPGS. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function syscall(uop: UopRecord): Flow {
  return unimplemented();
}

export function sysret(uop: UopRecord): Flow {
  return unimplemented();
}

export function sysenter(uop: UopRecord): Flow {
  return unimplemented();
}

export function sysexit(uop: UopRecord): Flow {
  return unimplemented();
}

export function swapgs(uop: UopRecord): Flow {
  return unimplemented();
}

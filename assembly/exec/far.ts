/** Far jumps, calls and returns. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function jmpFar(uop: UopRecord): Flow {
  return unimplemented();
}

export function callFar(uop: UopRecord): Flow {
  return unimplemented();
}

export function retFar(uop: UopRecord): Flow {
  return unimplemented();
}

/** Model-specific registers. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function rdmsr(uop: UopRecord): Flow {
  return unimplemented();
}

export function wrmsr(uop: UopRecord): Flow {
  return unimplemented();
}

/** RDTSC, RDTSCP, RDPMC. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function rdtsc(uop: UopRecord): Flow {
  return unimplemented();
}

export function rdtscp(uop: UopRecord): Flow {
  return unimplemented();
}

export function rdpmc(uop: UopRecord): Flow {
  return unimplemented();
}

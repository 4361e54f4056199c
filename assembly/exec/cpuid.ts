/** CPUID. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function cpuid(uop: UopRecord): Flow {
  return unimplemented();
}

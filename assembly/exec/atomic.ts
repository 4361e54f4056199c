/** CMPXCHG8B. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function cmpxchg8b(uop: UopRecord): Flow {
  return unimplemented();
}

/** IN and OUT. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function portIn(uop: UopRecord): Flow {
  return unimplemented();
}

export function portOut(uop: UopRecord): Flow {
  return unimplemented();
}

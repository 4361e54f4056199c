/** GDTR and IDTR. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function lgdt(uop: UopRecord): Flow {
  return unimplemented();
}

export function lidt(uop: UopRecord): Flow {
  return unimplemented();
}

export function sgdt(uop: UopRecord): Flow {
  return unimplemented();
}

export function sidt(uop: UopRecord): Flow {
  return unimplemented();
}

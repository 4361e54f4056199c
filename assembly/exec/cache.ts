/** Caches and translations. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function invlpg(uop: UopRecord): Flow {
  return unimplemented();
}

export function invlpga(uop: UopRecord): Flow {
  return unimplemented();
}

export function invd(uop: UopRecord): Flow {
  return unimplemented();
}

export function wbinvd(uop: UopRecord): Flow {
  return unimplemented();
}

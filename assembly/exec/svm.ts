/** SVM instructions as a guest executes them. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function vmrun(uop: UopRecord): Flow {
  return unimplemented();
}

export function vmmcall(uop: UopRecord): Flow {
  return unimplemented();
}

export function vmload(uop: UopRecord): Flow {
  return unimplemented();
}

export function vmsave(uop: UopRecord): Flow {
  return unimplemented();
}

export function stgi(uop: UopRecord): Flow {
  return unimplemented();
}

export function clgi(uop: UopRecord): Flow {
  return unimplemented();
}

export function skinit(uop: UopRecord): Flow {
  return unimplemented();
}

export function rsm(uop: UopRecord): Flow {
  return unimplemented();
}

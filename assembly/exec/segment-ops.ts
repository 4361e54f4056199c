/** Segment registers and descriptor queries. */
import { Flow } from '../abi/stop';
import { unimplemented } from '../fault';
import { UopRecord } from '../uop-record';

export function movToSegment(uop: UopRecord): Flow {
  return unimplemented();
}

export function movFromSegment(uop: UopRecord): Flow {
  return unimplemented();
}

export function popSegment(uop: UopRecord): Flow {
  return unimplemented();
}

export function lldt(uop: UopRecord): Flow {
  return unimplemented();
}

export function ltr(uop: UopRecord): Flow {
  return unimplemented();
}

export function sldt(uop: UopRecord): Flow {
  return unimplemented();
}

export function str(uop: UopRecord): Flow {
  return unimplemented();
}

export function lar(uop: UopRecord): Flow {
  return unimplemented();
}

export function lsl(uop: UopRecord): Flow {
  return unimplemented();
}

export function verr(uop: UopRecord): Flow {
  return unimplemented();
}

export function verw(uop: UopRecord): Flow {
  return unimplemented();
}

export function arpl(uop: UopRecord): Flow {
  return unimplemented();
}

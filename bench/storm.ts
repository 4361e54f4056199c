/** nmi-storm, the guest that measures NMI delivery and memory, loaded once. */
import {
  DEFAULT_MEMORY_BYTES,
  findShippedGuest,
  type LoadedGuest,
  loadShippedGuest,
  readShippedGuest,
} from '../src/index.js';

export interface Storm {
  readonly guest: LoadedGuest;
  /** Instructions after which its NMI handler is in place. */
  readonly nmiFrom: number;
}

export async function readStorm(): Promise<Storm> {
  const shipped = await findShippedGuest('nmi-storm');
  const bytes = await readShippedGuest(shipped);
  return {
    guest: loadShippedGuest(shipped, bytes, DEFAULT_MEMORY_BYTES),
    nmiFrom: shipped.nmiFrom ?? 0,
  };
}

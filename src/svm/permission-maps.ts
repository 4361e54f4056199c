/**
 * The I/O and MSR permission maps: which ports and MSRs exit (APM vol 2 §15.10.1, §15.11).
 *
 * The processor reads them while the guest runs; a set bit intercepts.
 */
import { UsageError } from '../errors.js';

/** 64K ports and 3 more bits, for accesses that run past port FFFFh; rounded up to whole pages. */
export const IOPM_BYTES = 12 * 1024;
export const MSRPM_BYTES = 8 * 1024;

const PORTS = 0x10000;
/** MSRs of one range of the map. */
const RANGE_MSRS = 0x2000;
/** First MSR of each range, and the byte of the map where its bits begin. Other MSRs always exit. */
const MSR_RANGES: readonly (readonly [first: number, byte: number])[] = [
  [0x0000_0000, 0x000],
  [0xc000_0000, 0x800],
  [0xc001_0000, 0x1000],
];

/** Bits of an MSR in the map: the lower intercepts reads, the upper writes. */
export type MsrAccess = 'read' | 'write';

/** A window on an I/O permission map in physical memory: one bit a port. */
export class IoPermissionMap {
  constructor(private readonly bytes: Uint8Array) {
    requireSize(bytes, IOPM_BYTES, 'an I/O permission map');
  }

  interceptAll(): void {
    this.bytes.fill(0xff);
  }

  /** Gives the guest every port. The three bits past port FFFFh are cleared too. */
  allowAll(): void {
    this.bytes.fill(0);
  }

  intercept(firstPort: number, count = 1): void {
    for (let port = firstPort; port < firstPort + count; port++) this.set(port, true);
  }

  allow(firstPort: number, count = 1): void {
    for (let port = firstPort; port < firstPort + count; port++) this.set(port, false);
  }

  /** Whether an access exits: it does if the bit of any of its bytes is set, the three past FFFFh included. */
  isIntercepted(port: number, bytes: 1 | 2 | 4 = 1): boolean {
    for (let i = port; i < port + bytes; i++) {
      // The map is larger than the last index: size checked above.
      if (((this.bytes[i >> 3] as number) >> (i & 7)) & 1) return true;
    }
    return false;
  }

  private set(port: number, isWanted: boolean): void {
    if (port < 0 || port >= PORTS) throw new UsageError(`a port is 0 to FFFFh, not ${port.toString(16)}h`);
    setBit(this.bytes, port, isWanted);
  }
}

/** A window on an MSR permission map in physical memory: two bits an MSR. */
export class MsrPermissionMap {
  constructor(private readonly bytes: Uint8Array) {
    requireSize(bytes, MSRPM_BYTES, 'an MSR permission map');
  }

  interceptAll(): void {
    this.bytes.fill(0xff);
  }

  allowAll(): void {
    this.bytes.fill(0);
  }

  intercept(msr: number, ...accesses: readonly MsrAccess[]): void {
    for (const access of accesses) this.set(msr, access, true);
  }

  allow(msr: number, ...accesses: readonly MsrAccess[]): void {
    for (const access of accesses) this.set(msr, access, false);
  }

  isIntercepted(msr: number, access: MsrAccess): boolean {
    const bit = msrBit(msr, access);
    if (bit === undefined) return true;
    return (((this.bytes[bit >> 3] as number) >> (bit & 7)) & 1) !== 0;
  }

  private set(msr: number, access: MsrAccess, isWanted: boolean): void {
    const bit = msrBit(msr, access);
    if (bit === undefined)
      throw new UsageError(`MSR ${msr.toString(16)}h is outside of the map: accesses to it always exit`);
    setBit(this.bytes, bit, isWanted);
  }
}

/** Number of the bit in the map; undefined for an MSR outside of the three ranges. */
function msrBit(msr: number, access: MsrAccess): number | undefined {
  for (const [first, byte] of MSR_RANGES) {
    const index = msr - first;
    if (index >= 0 && index < RANGE_MSRS) return byte * 8 + index * 2 + (access === 'write' ? 1 : 0);
  }
  return undefined;
}

function setBit(bytes: Uint8Array, bit: number, isSet: boolean): void {
  const old = bytes[bit >> 3] as number;
  bytes[bit >> 3] = isSet ? old | (1 << (bit & 7)) : old & ~(1 << (bit & 7));
}

function requireSize(bytes: Uint8Array, size: number, what: string): void {
  if (bytes.byteLength !== size)
    throw new UsageError(`${what} has ${size.toString(16)}h bytes, not ${bytes.byteLength.toString(16)}h`);
}

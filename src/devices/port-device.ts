/** What a device behind I/O ports looks like to the bus. It knows its registers, never its address. */

/** Width of one port access, in bytes. */
export type PortBytes = 1 | 2 | 4;

export interface PortDevice {
  /** Handles IN of `bytes` bytes at `offset` from the device's first port. */
  read(offset: number, bytes: PortBytes): number;
  /** Handles OUT of the low `bytes` bytes of `value`. */
  write(offset: number, bytes: PortBytes, value: number): void;
}

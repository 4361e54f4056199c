/** What a device behind I/O ports looks like to the bus. It knows its registers, never its address. */

/** Width of one port access, in bytes. */
export type PortBytes = 1 | 2 | 4;

/** A device's registers, by name. */
export type SavedDevice = Readonly<Record<string, number | null>>;

export interface PortDevice {
  /** Handles IN of `bytes` bytes at `offset` from the device's first port. */
  read(offset: number, bytes: PortBytes): number;
  /** Handles OUT of the low `bytes` bytes of `value`. */
  write(offset: number, bytes: PortBytes, value: number): void;
  /** A device without registers of its own has neither. */
  save?(): SavedDevice;
  restore?(saved: SavedDevice): void;
}

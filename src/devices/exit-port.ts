/**
 * The exit port: a guest ends its run by writing a status, 0 for success.
 *
 * At the port where QEMU's isa-debug-exit is conventionally put, so one guest runs under both.
 */
import type { PortDevice } from './port-device.js';

export class ExitPort implements PortDevice {
  /** @param onExit Receives the status. */
  constructor(private readonly onExit: (status: number) => void) {}

  /** Write-only: reads float high. */
  read(): number {
    return 0xffff_ffff;
  }

  write(offset: number, _bytes: number, value: number): void {
    if (offset === 0) this.onExit(value >>> 0);
  }
}

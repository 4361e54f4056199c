/**
 * The Bochs and QEMU debug console: each byte written appears on the console.
 *
 * Reading gives E9h, which is how a guest finds out that the console exists.
 */
import type { PortBytes, PortDevice } from './port-device.js';

const PRESENT = 0xe9;

export class DebugConsole implements PortDevice {
  /** @param onByte Receives each byte the guest writes, in order. */
  constructor(private readonly onByte: (byte: number) => void) {}

  read(): number {
    return PRESENT;
  }

  write(_offset: number, bytes: PortBytes, value: number): void {
    for (let i = 0; i < bytes; i++) this.onByte((value >>> (8 * i)) & 0xff);
  }
}

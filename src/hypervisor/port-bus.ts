/**
 * The I/O port space: which device answers at which port.
 *
 * A port nobody owns reads all ones and ignores writes, as an ISA bus does.
 */
import { InvariantError } from '../errors.js';
import type { PortBytes, PortDevice, SavedDevice } from '../devices/port-device.js';

interface Claim {
  readonly first: number;
  readonly count: number;
  readonly device: PortDevice;
}

const FLOATING: Record<PortBytes, number> = { 1: 0xff, 2: 0xffff, 4: 0xffff_ffff };

export class PortBus {
  private readonly claims: Claim[] = [];

  /** Puts `device` at ports `first` to `first + count - 1`. */
  attach(first: number, count: number, device: PortDevice): void {
    const clash = this.claims.find((c) => first < c.first + c.count && c.first < first + count);
    if (clash)
      throw new InvariantError(`two devices claim port ${Math.max(first, clash.first).toString(16)}h`);
    this.claims.push({ first, count, device });
  }

  /** IN: the low `bytes` bytes of what the device says. */
  read(port: number, bytes: PortBytes): number {
    const claim = this.find(port);
    if (!claim) return FLOATING[bytes];
    return (claim.device.read(port - claim.first, bytes) & FLOATING[bytes]) >>> 0;
  }

  /** OUT. */
  write(port: number, bytes: PortBytes, value: number): void {
    const claim = this.find(port);
    claim?.device.write(port - claim.first, bytes, (value & FLOATING[bytes]) >>> 0);
  }

  /** The devices' registers, by their first port. */
  save(): Record<number, SavedDevice> {
    const saved: Record<number, SavedDevice> = {};
    for (const { first, device } of this.claims) if (device.save) saved[first] = device.save();
    return saved;
  }

  restore(saved: Readonly<Record<number, SavedDevice>>): void {
    for (const { first, device } of this.claims) {
      const registers = saved[first];
      if (registers) device.restore?.(registers);
    }
  }

  private find(port: number): Claim | undefined {
    return this.claims.find((c) => port >= c.first && port < c.first + c.count);
  }
}

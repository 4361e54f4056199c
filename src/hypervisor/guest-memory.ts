/**
 * Guest-physical memory, for the hypervisor: the guest's RAM and nothing above it.
 *
 * Everything that an address from the guest leads to goes through here, so that no hypercall, string instruction or
 * page-table walk can reach the hypervisor's own pages.
 */
import { MemoryRangeError, UsageError } from '../errors.js';

/** System-physical memory; `Processor.memory` is one. Writing makes the processor forget what it decoded there. */
export interface PhysicalMemory {
  read(address: number, bytes: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
}

export class GuestMemory {
  /** @param byteLength Bytes of guest RAM. */
  constructor(
    private readonly physical: PhysicalMemory,
    readonly byteLength: number,
  ) {}

  /** The same memory, for somebody whose writes are to be noticed. */
  observed(onWrite: () => void): GuestMemory {
    const { physical } = this;
    const write = (address: number, bytes: Uint8Array): void => {
      physical.write(address, bytes);
      onWrite();
    };
    return new GuestMemory(
      { read: (address, bytes) => physical.read(address, bytes), write },
      this.byteLength,
    );
  }

  contains(gpa: number, bytes: number): boolean {
    return Number.isInteger(gpa) && gpa >= 0 && bytes >= 0 && gpa + bytes <= this.byteLength;
  }

  /** A copy of the bytes; throws `MemoryRangeError` if they are not all RAM. */
  read(gpa: number, bytes: number): Uint8Array {
    this.requireRam(gpa, bytes);
    return this.physical.read(gpa, bytes);
  }

  /** Throws `MemoryRangeError`, before anything is written, if the bytes do not all fit. */
  write(gpa: number, bytes: Uint8Array): void {
    if (!ArrayBuffer.isView(bytes)) throw new UsageError('memory is written with the bytes of a Uint8Array');
    this.requireRam(gpa, bytes.length);
    this.physical.write(gpa, bytes);
  }

  /** A little-endian integer of 1, 2, 4 or 8 bytes. Beyond RAM there is nothing: all ones. */
  readInteger(gpa: number, bytes: 1 | 2 | 4 | 8): bigint {
    if (!this.contains(gpa, bytes)) return (1n << BigInt(8 * bytes)) - 1n;
    return this.physical.read(gpa, bytes).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  /** Beyond RAM the write is dropped. */
  writeInteger(gpa: number, bytes: 1 | 2 | 4 | 8, value: bigint): void {
    if (!this.contains(gpa, bytes)) return;
    this.physical.write(
      gpa,
      Uint8Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn)),
    );
  }

  private requireRam(gpa: number, bytes: number): void {
    if (!this.contains(gpa, bytes)) throw new MemoryRangeError(gpa, bytes, this.byteLength);
  }
}

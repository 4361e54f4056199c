/** Where the stack of an NMI handler is: memory below the interrupted stack pointer, or a stack of its own. */
import type { Vm } from '../../hypervisor/vm.js';
import type { AddressRange } from './address-ranges.js';

const PAGE_BYTES = 0x1000n;

/** What the delivery of an NMI pushes, by the size of the handler's code (APM vol 2 §8.9.3, §8.7.3, §8.7.1). */
const FRAME_BYTES = { 16: 6n, 32: 20n, 64: 40n } as const;
/** Without SS and ESP, which 32-bit code pushes only where the privilege level changes. */
const FRAME_BYTES_32_SAME_LEVEL = 12n;

export function frameBytes(vm: Vm, isSwitched: boolean): bigint {
  const bits = vm.virtual.codeBits();
  return bits === 32 && !isSwitched ? FRAME_BYTES_32_SAME_LEVEL : FRAME_BYTES[bits];
}

/** RSP as a linear address. */
export function stackPointer(vm: Vm): bigint {
  const rsp = vm.registers.get('rsp');
  if (vm.virtual.codeBits() === 64) return rsp;
  return BigInt.asUintN(32, vm.registers.segment('ss').base + rsp);
}

/** Bytes of what the processor pushes at once for code of this size. */
export function naturalBytes(vm: Vm): number {
  return vm.virtual.codeBits() / 8;
}

/** A little-endian number at a linear address. */
export function readStack(vm: Vm, address: bigint, bytes: number): bigint {
  const found = vm.virtual.read(address, bytes).bytes;
  return found.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** The guest-physical ranges behind linear addresses, with the page tables in force now. */
export function physicalRanges(vm: Vm, start: bigint, end: bigint): AddressRange[] {
  const ranges: AddressRange[] = [];
  for (let at = start; at < end;) {
    const next = at - (at % PAGE_BYTES) + PAGE_BYTES;
    const stop = next < end ? next : end;
    const physical = vm.virtual.translate(at);
    if (physical !== null) ranges.push({ start: physical, end: physical + Number(stop - at) });
    at = stop;
  }
  return ranges;
}

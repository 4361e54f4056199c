/** Memory for the hex view: what is not there is said byte for byte. */
import type { Vm } from 'vmexit';
import type { AddressSpace, MemoryView } from './view.js';

const PAGE = 0x1000;

export function readMemory(vm: Vm, space: AddressSpace, address: bigint, length: number): MemoryView {
  const bytes = new Int16Array(length).fill(-1);
  if (space === 'physical') readPhysical(vm, Number(address), bytes);
  else readVirtual(vm, address, bytes);
  return { bytes };
}

function readPhysical(vm: Vm, address: number, into: Int16Array): void {
  const end = Math.min(address + into.length, vm.memory.byteLength);
  if (end > address) into.set(vm.memory.read(address, end - address));
}

/** Page by page past what is not mapped. */
function readVirtual(vm: Vm, address: bigint, into: Int16Array): void {
  let at = 0;
  while (at < into.length) {
    const start = address + BigInt(at);
    const inPage = Math.min(into.length - at, PAGE - Number(start & 0xfffn));
    into.set(vm.virtual.read(start, inPage).bytes, at);
    at += inPage;
  }
}

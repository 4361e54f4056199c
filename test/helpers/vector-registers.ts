/** XMM registers in tests: as hexadecimal numbers, the first byte in memory last, as the manuals write them. */
import type { Machine } from './machine.js';

const XMM_BYTES = 16;
const YMM_BYTES = 32;

/** A machine in 64-bit mode that has everything vectors need. */
export function enableVectors(machine: Machine, cpl = 0): Machine {
  machine.long(cpl);
  const osfxsrAndOsxsave = 0x40200n;
  machine.state.setBig('cr4', machine.state.big('cr4') | osfxsrAndOsxsave);
  machine.state.setNum('xcr0', 7);
  machine.core.exports.updateMode();
  return machine;
}

/** Sets XMMn, or with 64 digits YMMn, from hexadecimal digits; `_` are ignored. */
export function setVector(machine: Machine, n: number, digits: string): void {
  const bytes = [...(digits.replaceAll('_', '').match(/../g) ?? [])].map((byte) => parseInt(byte, 16));
  machine.core.vectorRegisters.set(bytes.reverse(), n * YMM_BYTES);
}

export function xmm(machine: Machine, n: number): string {
  return digitsOf(machine, n * YMM_BYTES, XMM_BYTES);
}

/** Bits 255:128 of YMMn. */
export function upperHalf(machine: Machine, n: number): string {
  return digitsOf(machine, n * YMM_BYTES + XMM_BYTES, XMM_BYTES);
}

function digitsOf(machine: Machine, start: number, bytes: number): string {
  const taken = [...machine.core.vectorRegisters.subarray(start, start + bytes)].reverse();
  return taken.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

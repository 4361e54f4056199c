/** Areas of FXSAVE and XSAVE in tests: which bytes an instruction writes, and registers to see in them. */
import { Cr4 } from '../../assembly/abi/processor-bits.js';
import type { Machine } from './machine.js';

/** What the area holds before. */
export const UNTOUCHED = 0xcc;
/** Offsets in the area (APM vol 2 §11.4.4, §11.5.5). */
export const FSW = 2;
export const FIP = 8;
export const FDP = 16;
export const MXCSR = 24;
export const XSTATE_BV = 512;
export const XCOMP_BV = 520;

/** 64-bit mode, everything enabled: XCR0 = 7 and the bits of CR4 for SSE, XSAVE and FSGSBASE. */
export function enableState(machine: Machine, cpl = 0): Machine {
  machine.long(cpl);
  const { state } = machine;
  state.setNum('cr4', state.num('cr4') | Cr4.Osfxsr | Cr4.Osxsave | Cr4.Fsgsbase);
  state.setNum('xcr0', 7);
  state.set('x87Control', 0x37f);
  state.set('x87Tags', 0);
  machine.core.exports.updateMode();
  return machine;
}

/** Puts something into every component: an x87 register that is not empty, XMM0, the upper half of YMM15. */
export function fillState({ core, state }: Machine): void {
  state.set('x87Tags', 0x80);
  state.set('x87Top', 7);
  core.x87Registers.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 7 * 16);
  core.vectorRegisters.fill(0x11, 0, 16);
  core.vectorRegisters.fill(0x22, 15 * 32 + 16, 15 * 32 + 32);
}

/** Fills an area with `UNTOUCHED`. */
export function layOut({ core }: Machine, address: number, bytes = 1024): void {
  core.write(address, new Uint8Array(bytes).fill(UNTOUCHED));
}

/** Ranges of bytes that are no longer `UNTOUCHED`: '0-415'. Registers in tests do not hold that byte. */
export function writtenRanges({ core }: Machine, address: number, bytes = 1024): string {
  const area = core.read(address, bytes);
  const ranges: string[] = [];
  for (let at = 0; at < bytes; at++) {
    if (area[at] === UNTOUCHED) continue;
    const first = at;
    while (at < bytes && area[at] !== UNTOUCHED) at++;
    ranges.push(`${first}-${at - 1}`);
  }
  return ranges.join(' ');
}

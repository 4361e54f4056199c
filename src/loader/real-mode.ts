/**
 * 16-bit entry: real mode, as a BIOS enters a boot sector.
 *
 * CS:IP is 0:entry below 64 KiB, and entry/16:entry%16 above. DS, ES, SS, FS and GS are 0, SS:SP is 0:7C00h, the
 * interrupt vector table is at 0.
 */
import { CR0, REAL_MODE_IDTR, RFLAGS_AT_ENTRY, SYSTEM_SEGMENTS, XCR0_AT_RESET } from './entry.js';
import type { GuestEntry, SegmentEntry } from './entry.js';
import { hex, LoadError } from './errors.js';

/** Where a PC loads a boot sector, and where its stack starts by custom. */
export const BOOT_SECTOR_ADDRESS = 0x7c00;

const SEGMENT_BYTES = 0x1_0000;
const REAL_MODE_BYTES = 0x10_0000;

/** Accessed, present, DPL 0: readable code, writable data (APM vol 2 §14.1.3). */
const CODE_ATTRIBUTES = 0x9b;
const DATA_ATTRIBUTES = 0x93;

export function enterRealMode(address: number): GuestEntry {
  if (address >= REAL_MODE_BYTES) {
    throw new LoadError(
      'ENTRY_OUTSIDE',
      `a 16-bit guest starts below ${hex(REAL_MODE_BYTES)}, and ${hex(address)} was asked for`,
    );
  }
  const selector = address < SEGMENT_BYTES ? 0 : address >> 4;
  const data = segment(0, DATA_ATTRIBUTES);
  return {
    bits: 16,
    rip: address - selector * 16,
    rsp: BOOT_SECTOR_ADDRESS,
    rflags: RFLAGS_AT_ENTRY,
    cr0: CR0.ET,
    cr3: 0,
    cr4: 0,
    xcr0: XCR0_AT_RESET,
    efer: 0,
    segments: {
      es: data,
      cs: segment(selector, CODE_ATTRIBUTES),
      ss: data,
      ds: data,
      fs: data,
      gs: data,
      ...SYSTEM_SEGMENTS,
    },
    gdtr: { base: 0, limit: 0xffff },
    idtr: REAL_MODE_IDTR,
    registers: {},
  };
}

function segment(selector: number, attributes: number): SegmentEntry {
  return { selector, attributes, limit: SEGMENT_BYTES - 1, base: selector * 16 };
}

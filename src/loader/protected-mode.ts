/**
 * 32-bit entry: protected mode, flat segments, paging off, as multiboot leaves the machine (Multiboot 0.6.96 §3.2).
 *
 * A small GDT at the top of memory backs the segment registers, so that a guest without one of its own can take
 * interrupts. The stack starts right below it.
 */
import { CR0, RFLAGS_AT_ENTRY, SYSTEM_SEGMENTS, XCR0_AT_RESET } from './entry.js';
import type { DescriptorTableEntry, GuestEntry, SegmentEntry } from './entry.js';
import { LoadError, hex } from './errors.js';
import { piece } from './image.js';
import type { Piece } from './image.js';

export const PAGE_BYTES = 0x1000;

/** Selectors of the loader's GDT. */
export const CODE_SELECTOR = 0x08;
export const DATA_SELECTOR = 0x10;

/** Present, DPL 0, granularity 4 KiB; code is readable, data writable, both accessed (APM vol 2 §4.7). */
const CODE32_ATTRIBUTES = 0xc9b;
const CODE64_ATTRIBUTES = 0xa9b;
const DATA_ATTRIBUTES = 0xc93;
const FLAT_LIMIT = 0xffff_ffff;

/** The pages that the loader keeps for itself at the top of memory: the GDT is in the last. */
export function reserveTop(pages: number, memoryBytes: number): number {
  const address = memoryBytes - (memoryBytes % PAGE_BYTES) - pages * PAGE_BYTES;
  if (address > 0) return address;
  throw new LoadError(
    'DOES_NOT_FIT',
    `${hex(memoryBytes)} bytes of guest memory are too few for protected mode: the loader's own tables take ${hex(pages * PAGE_BYTES)}`,
  );
}

/** A GDT with flat code and data, for 32- or 64-bit code. */
export function descriptorTable(
  address: number,
  bits: 32 | 64,
): { piece: Piece; gdtr: DescriptorTableEntry } {
  const bytes = new Uint8Array(3 * 8);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(CODE_SELECTOR, flatDescriptor(bits === 64 ? CODE64_ATTRIBUTES : CODE32_ATTRIBUTES), true);
  view.setBigUint64(DATA_SELECTOR, flatDescriptor(DATA_ATTRIBUTES), true);
  return {
    piece: piece("the loader's GDT", address, bytes),
    gdtr: { base: address, limit: bytes.length - 1 },
  };
}

/** Flat segments over the selectors of the loader's GDT. */
export function flatSegments(bits: 32 | 64): GuestEntry['segments'] {
  const code = flat(CODE_SELECTOR, bits === 64 ? CODE64_ATTRIBUTES : CODE32_ATTRIBUTES);
  const data = flat(DATA_SELECTOR, DATA_ATTRIBUTES);
  return { es: data, cs: code, ss: data, ds: data, fs: data, gs: data, ...SYSTEM_SEGMENTS };
}

/** The entry state and what it needs in memory. */
export function enterProtectedMode(rip: number, memoryBytes: number): { entry: GuestEntry; pieces: Piece[] } {
  const top = reserveTop(1, memoryBytes);
  const gdt = descriptorTable(top, 32);
  const entry: GuestEntry = {
    bits: 32,
    rip,
    rsp: top,
    rflags: RFLAGS_AT_ENTRY,
    cr0: CR0.PE | CR0.ET,
    cr3: 0,
    cr4: 0,
    xcr0: XCR0_AT_RESET,
    efer: 0,
    segments: flatSegments(32),
    gdtr: gdt.gdtr,
    idtr: { base: 0, limit: 0 },
    registers: {},
  };
  return { entry, pieces: [gdt.piece] };
}

function flat(selector: number, attributes: number): SegmentEntry {
  return { selector, attributes, limit: FLAT_LIMIT, base: 0 };
}

/** Base 0, limit FFFFFh; attribute bits 7:0 go to descriptor bits 47:40, bits 11:8 to 55:52 (APM vol 2 §4.7). */
function flatDescriptor(attributes: number): bigint {
  const LIMIT = 0x000f_0000_0000_ffffn;
  return LIMIT | (BigInt(attributes & 0xff) << 40n) | (BigInt(attributes >> 8) << 52n);
}

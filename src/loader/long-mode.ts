/**
 * 64-bit entry: long mode with every address of guest memory mapped to itself.
 *
 * At the top of memory, from above: the GDT's page, then the page directories, the directory-pointer table and the
 * PML4. The stack starts right below them. Pages are 2 MiB and writable (APM vol 2 §5.3).
 */
import { CR0, RFLAGS_AT_ENTRY, XCR0_AT_RESET } from './entry.js';
import type { GuestEntry } from './entry.js';
import { piece } from './image.js';
import type { Piece } from './image.js';
import { descriptorTable, flatSegments, PAGE_BYTES, reserveTop } from './protected-mode.js';

const LARGE_PAGE_BYTES = 0x20_0000;
const ENTRIES_PER_TABLE = 512;
const BYTES_PER_DIRECTORY = LARGE_PAGE_BYTES * ENTRIES_PER_TABLE;

/** Page-table entry bits (APM vol 2 §5.4). */
const PRESENT_WRITABLE = 0x3n;
const LARGE = 0x80n;

const CR4_PAE = 0x20;
const EFER_LME_LMA = 0x500;

/** The entry state and what it needs in memory. */
export function enterLongMode(rip: number, memoryBytes: number): { entry: GuestEntry; pieces: Piece[] } {
  const directories = Math.max(1, Math.ceil(memoryBytes / BYTES_PER_DIRECTORY));
  const tablePages = 2 + directories;
  const pml4 = reserveTop(tablePages + 1, memoryBytes);
  const gdt = descriptorTable(pml4 + tablePages * PAGE_BYTES, 64);
  const entry: GuestEntry = {
    bits: 64,
    rip,
    rsp: pml4,
    rflags: RFLAGS_AT_ENTRY,
    cr0: CR0.PG + CR0.ET + CR0.PE,
    cr3: pml4,
    cr4: CR4_PAE,
    xcr0: XCR0_AT_RESET,
    efer: EFER_LME_LMA,
    segments: flatSegments(64),
    gdtr: gdt.gdtr,
    idtr: { base: 0, limit: 0 },
    registers: {},
  };
  const tables = piece("the loader's page tables", pml4, identityMap(pml4, directories, memoryBytes));
  return { entry, pieces: [tables, gdt.piece] };
}

/** PML4, directory-pointer table and directories, one after the other from `pml4` on. */
function identityMap(pml4: number, directories: number, memoryBytes: number): Uint8Array {
  const entries = new BigUint64Array(((2 + directories) * PAGE_BYTES) / 8);
  const pointers = ENTRIES_PER_TABLE;
  const firstPage = 2 * ENTRIES_PER_TABLE;
  entries[0] = BigInt(pml4 + PAGE_BYTES) | PRESENT_WRITABLE;
  for (let i = 0; i < directories; i++) {
    entries[pointers + i] = BigInt(pml4 + (2 + i) * PAGE_BYTES) | PRESENT_WRITABLE;
  }
  for (let page = 0; page * LARGE_PAGE_BYTES < memoryBytes; page++) {
    entries[firstPage + page] = BigInt(page * LARGE_PAGE_BYTES) | PRESENT_WRITABLE | LARGE;
  }
  return new Uint8Array(entries.buffer);
}

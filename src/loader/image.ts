/**
 * A guest as it lies in memory: pieces of the file at their addresses, entry state and symbols.
 *
 * Every format ends in `finishGuest`, which checks that the pieces fit in memory, do not overlap, and that the entry
 * is in one of them.
 */
import type { GuestEntry } from './entry.js';
import { hex, LoadError } from './errors.js';
import type { SymbolTable } from './symbols.js';

export type GuestFormat = 'flat' | 'elf' | 'multiboot';

/** A range of guest-physical memory: `bytes`, then zeros up to `memoryBytes`. */
export interface Piece {
  /** What a message calls it, with an article. */
  readonly label: string;
  readonly address: number;
  readonly bytes: Uint8Array;
  /** At least `bytes.length`. */
  readonly memoryBytes: number;
}

export interface LoadedGuest {
  readonly format: GuestFormat;
  readonly entry: GuestEntry;
  /** Sorted by address, not overlapping, inside memory. */
  readonly pieces: readonly Piece[];
  readonly symbols: SymbolTable;
}

/** A piece without trailing zeros. */
export function piece(label: string, address: number, bytes: Uint8Array): Piece {
  return { label, address, bytes, memoryBytes: bytes.length };
}

/** Checks the pieces against memory, each other and the entry's address. */
export function finishGuest(guest: LoadedGuest, entryAddress: number, memoryBytes: number): LoadedGuest {
  const pieces = guest.pieces.filter((p) => p.memoryBytes > 0).sort((a, b) => a.address - b.address);
  for (const p of pieces) checkFits(p, memoryBytes);
  checkApart(pieces);
  const holdsEntry = (p: Piece) => entryAddress >= p.address && entryAddress < p.address + p.memoryBytes;
  if (!pieces.some(holdsEntry)) {
    throw new LoadError(
      'ENTRY_OUTSIDE',
      `the entry ${hex(entryAddress)} lies outside what is loaded: ${pieces.map(describe).join(', ')}`,
    );
  }
  return { ...guest, pieces };
}

/** Copies the pieces to guest memory, in which index 0 is guest-physical address 0. */
export function placeGuest(guest: LoadedGuest, memory: Uint8Array): void {
  for (const p of guest.pieces) {
    checkFits(p, memory.length);
    memory.set(p.bytes, p.address);
    memory.fill(0, p.address + p.bytes.length, p.address + p.memoryBytes);
  }
}

/** Throws unless the piece lies inside memory. */
export function checkFits(p: Piece, memoryBytes: number): void {
  if (p.address >= 0 && p.address + p.memoryBytes <= memoryBytes) return;
  throw new LoadError(
    'DOES_NOT_FIT',
    `${describe(p)} does not fit in ${hex(memoryBytes)} bytes of guest memory`,
  );
}

function checkApart(sorted: readonly Piece[]): void {
  for (const [i, p] of sorted.entries()) {
    const next = sorted[i + 1];
    if (next === undefined || p.address + p.memoryBytes <= next.address) continue;
    throw new LoadError('OVERLAP', `${describe(p)} overlaps ${describe(next)}`);
  }
}

function describe(p: Piece): string {
  return `${p.label} (${hex(p.memoryBytes)} bytes at ${hex(p.address)})`;
}

/** Flat binaries: bytes that go to an address as they are. */
import { type Bits, enableMedia, type GuestEntry } from './entry.js';
import { finishGuest, piece } from './image.js';
import type { LoadedGuest, Piece } from './image.js';
import { enterLongMode } from './long-mode.js';
import { enterProtectedMode } from './protected-mode.js';
import { BOOT_SECTOR_ADDRESS, enterRealMode } from './real-mode.js';
import { SymbolTable } from './symbols.js';

export interface FlatOptions {
  readonly memoryBytes: number;
  /** Default 16. */
  readonly bits?: Bits | undefined;
  /** Default 7C00h for 16-bit guests, 100000h for others. */
  readonly load?: number | undefined;
  /** Default: the load address. */
  readonly entry?: number | undefined;
  readonly symbols?: SymbolTable | undefined;
}

const LOAD_ABOVE_1_MIB = 0x10_0000;

/** Where a flat binary goes that does not say where. */
export function defaultLoadAddress(bits: Bits): number {
  return bits === 16 ? BOOT_SECTOR_ADDRESS : LOAD_ABOVE_1_MIB;
}

export function loadFlat(bytes: Uint8Array, options: FlatOptions): LoadedGuest {
  const bits = options.bits ?? 16;
  const load = options.load ?? defaultLoadAddress(bits);
  const entryAddress = options.entry ?? load;
  const { entry, pieces } = enter(bits, entryAddress, options.memoryBytes);
  return finishGuest(
    {
      format: 'flat',
      entry: bits === 16 ? entry : enableMedia(entry),
      pieces: [piece('the guest', load, bytes), ...pieces],
      symbols: options.symbols ?? SymbolTable.EMPTY,
    },
    entryAddress,
    options.memoryBytes,
  );
}

function enter(bits: Bits, address: number, memoryBytes: number): { entry: GuestEntry; pieces: Piece[] } {
  switch (bits) {
    case 16:
      return { entry: enterRealMode(address), pieces: [] };
    case 32:
      return enterProtectedMode(address, memoryBytes);
    case 64:
      return enterLongMode(address, memoryBytes);
  }
}

/**
 * What a multiboot loader tells the kernel (Multiboot Specification 0.6.96 §3.3): memory sizes, a memory map, the
 * command line and the loader's name, in one page of low memory.
 */
import { hex, LoadError } from './errors.js';
import { piece } from './image.js';
import type { Piece } from './image.js';

/** EAX at entry. */
export const BOOTLOADER_MAGIC = 0x2bad_b002;

/** Bits of the first word: which fields are valid. */
const HAS_MEMORY = 0x1;
const HAS_COMMAND_LINE = 0x4;
const HAS_MEMORY_MAP = 0x40;
const HAS_LOADER_NAME = 0x200;

/** Byte offsets in the structure. */
const FLAGS = 0;
const MEMORY_LOWER = 4;
const MEMORY_UPPER = 8;
const COMMAND_LINE = 16;
const MEMORY_MAP_BYTES = 44;
const MEMORY_MAP = 48;
const LOADER_NAME = 64;
const STRUCTURE_BYTES = 120;

/** A memory-map row: its size without this field, then base, length and type. */
const ROW_BYTES = 24;
const ROW_SIZE_FIELD = 20;
const AVAILABLE = 1;

const NAME = 'vmexit';
const KIB = 1024;
const ONE_MIB = 0x10_0000;
/** Conventional memory ends here on a PC: the extended BIOS data area, video memory and ROM follow. */
const LOW_MEMORY_END = 0x9_fc00;
const PAGE_BYTES = 0x1000;

/** Builds the structure in the first page from 8000h on that the kernel leaves free. */
export function buildBootInformation(
  kernel: readonly Piece[],
  memoryBytes: number,
  commandLine: string,
): Piece {
  const text = new TextEncoder().encode(commandLine);
  const lowBytes = Math.min(memoryBytes, LOW_MEMORY_END);
  const rows: [base: number, bytes: number][] = [[0, lowBytes]];
  if (memoryBytes > ONE_MIB) rows.push([ONE_MIB, memoryBytes - ONE_MIB]);

  const map = STRUCTURE_BYTES;
  const name = map + rows.length * ROW_BYTES;
  const line = name + NAME.length + 1;
  if (line + text.length + 1 > PAGE_BYTES) {
    throw new LoadError(
      'BAD_OPTION',
      `the command line has ${text.length} bytes: at most ${PAGE_BYTES - line - 1} fit`,
    );
  }
  const address = findFreePage(kernel, lowBytes);
  const bytes = new Uint8Array(PAGE_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(FLAGS, HAS_MEMORY | HAS_COMMAND_LINE | HAS_MEMORY_MAP | HAS_LOADER_NAME, true);
  view.setUint32(MEMORY_LOWER, Math.floor(lowBytes / KIB), true);
  view.setUint32(MEMORY_UPPER, Math.floor(Math.max(0, memoryBytes - ONE_MIB) / KIB), true);
  view.setUint32(COMMAND_LINE, address + line, true);
  view.setUint32(MEMORY_MAP_BYTES, rows.length * ROW_BYTES, true);
  view.setUint32(MEMORY_MAP, address + map, true);
  view.setUint32(LOADER_NAME, address + name, true);
  rows.forEach(([base, length], i) => writeRow(view, map + i * ROW_BYTES, base, length));
  bytes.set(new TextEncoder().encode(NAME), name);
  bytes.set(text, line);
  return piece('the multiboot information', address, bytes);
}

function writeRow(view: DataView, at: number, base: number, bytes: number): void {
  view.setUint32(at, ROW_SIZE_FIELD, true);
  view.setBigUint64(at + 4, BigInt(base), true);
  view.setBigUint64(at + 12, BigInt(bytes), true);
  view.setUint32(at + 20, AVAILABLE, true);
}

/** First page of conventional memory, from 8000h on, that no piece touches. */
function findFreePage(kernel: readonly Piece[], lowBytes: number): number {
  const FIRST = 0x8000;
  for (let page = FIRST; page + PAGE_BYTES <= lowBytes; page += PAGE_BYTES) {
    const isTaken = kernel.some((p) => p.address < page + PAGE_BYTES && page < p.address + p.memoryBytes);
    if (!isTaken) return page;
  }
  throw new LoadError(
    'DOES_NOT_FIT',
    `the multiboot information needs a free page between ${hex(FIRST)} and ${hex(lowBytes)}, and the kernel leaves none`,
  );
}

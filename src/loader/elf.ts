/**
 * ELF32 and ELF64 static executables for x86 (System V gABI chapters 4 and 5).
 *
 * `readElf` parses and validates, `loadElf` makes a guest of it. Segments go to their physical addresses. Addresses
 * are bigint until they are known to lie in guest memory: an ELF64 file may say anything.
 */
import { enableMedia } from './entry.js';
import { hex, LoadError } from './errors.js';
import { finishGuest } from './image.js';
import type { LoadedGuest, Piece } from './image.js';
import { enterLongMode } from './long-mode.js';
import { enterProtectedMode } from './protected-mode.js';
import { readElfSymbols } from './elf-symbols.js';
import { ElfReader } from './elf-reader.js';
import type { SymbolTable } from './symbols.js';

export interface ElfImage {
  readonly bits: 32 | 64;
  readonly pieces: readonly Piece[];
  /** Where the entry lies in memory, after the segment that holds it went to its physical address. */
  readonly entryAddress: number;
  /** The entry as the file names it: differs from `entryAddress` in a kernel linked for high addresses. */
  readonly entryVirtual: bigint;
  readonly symbols: SymbolTable;
}

interface LoadSegment {
  readonly virtualAddress: bigint;
  readonly piece: Piece;
}

const ELFCLASS32 = 1;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const ET_EXEC = 2;
const EM_386 = 3;
const EM_X86_64 = 62;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;

/** What people most likely hold when a file is refused, by e_type and e_machine. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'a relocatable object: link it first',
  3: 'a shared object or position-independent executable: link with -static -no-pie',
  4: 'a core dump',
};
const MACHINE_NAMES: Readonly<Record<number, string>> = {
  2: 'SPARC',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC64',
  22: 'S/390',
  40: 'ARM',
  50: 'IA-64',
  183: 'AArch64',
  243: 'RISC-V',
};

/** True when the file starts with 7Fh "ELF". */
export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

export function loadElf(bytes: Uint8Array, options: { readonly memoryBytes: number }): LoadedGuest {
  const image = readElf(bytes);
  if (image.bits === 64) checkIdentity(image);
  const enter = image.bits === 64 ? enterLongMode : enterProtectedMode;
  const { entry, pieces } = enter(image.entryAddress, options.memoryBytes);
  return finishGuest(
    {
      format: 'elf',
      entry: enableMedia(entry),
      pieces: [...image.pieces, ...pieces],
      symbols: image.symbols,
    },
    image.entryAddress,
    options.memoryBytes,
  );
}

export function readElf(bytes: Uint8Array): ElfImage {
  const bits = checkIdentification(bytes);
  const reader = new ElfReader(bytes, bits);
  checkHeader(reader);
  const segments = readLoadSegments(reader);
  if (segments.length === 0) {
    throw new LoadError('ELF_MALFORMED', 'the ELF file has no loadable segment: there is nothing to run');
  }
  const { entry } = reader.header;
  const home = segments.find(
    (s) => entry >= s.virtualAddress && entry < s.virtualAddress + BigInt(s.piece.memoryBytes),
  );
  if (home === undefined) {
    throw new LoadError('ENTRY_OUTSIDE', `the ELF entry ${hex(entry)} lies outside every loadable segment`);
  }
  return {
    bits,
    pieces: segments.map((s) => s.piece),
    entryAddress: home.piece.address + Number(entry - home.virtualAddress),
    entryVirtual: entry,
    symbols: readElfSymbols(reader),
  };
}

/** e_ident: class and byte order. */
function checkIdentification(bytes: Uint8Array): 32 | 64 {
  const [elfClass, data] = [bytes[4], bytes[5]];
  if (elfClass === undefined || data === undefined) {
    throw new LoadError('TRUNCATED', `the ELF file ends inside its header, after ${bytes.length} bytes`);
  }
  if (elfClass !== ELFCLASS32 && elfClass !== ELFCLASS64) {
    throw new LoadError('ELF_UNSUPPORTED', `the ELF class is ${elfClass}: expected 1 (32-bit) or 2 (64-bit)`);
  }
  if (data !== ELFDATA2LSB) {
    throw new LoadError(
      'ELF_UNSUPPORTED',
      `the ELF byte order is ${data}: expected 1 (little-endian), as x86 is`,
    );
  }
  return elfClass === ELFCLASS64 ? 64 : 32;
}

function checkHeader(reader: ElfReader): void {
  const { type, machine } = reader.header;
  const expected = reader.bits === 64 ? EM_X86_64 : EM_386;
  if (machine !== expected) {
    const isX32 = machine === EM_X86_64;
    const name = isX32 ? 'x86-64 in a 32-bit file, the x32 ABI' : (MACHINE_NAMES[machine] ?? 'unknown');
    throw new LoadError(
      'ELF_UNSUPPORTED',
      `the ELF machine is ${machine} (${name}): expected ${expected} (x86) in a ${reader.bits}-bit file`,
    );
  }
  if (type !== ET_EXEC) {
    throw new LoadError(
      'ELF_UNSUPPORTED',
      `the ELF type is ${type} (${TYPE_NAMES[type] ?? 'unknown'}): expected 2, a static executable`,
    );
  }
}

function readLoadSegments(reader: ElfReader): LoadSegment[] {
  const segments: LoadSegment[] = [];
  for (const header of reader.programHeaders()) {
    if (header.type === PT_INTERP || header.type === PT_DYNAMIC) {
      throw new LoadError(
        'ELF_UNSUPPORTED',
        'the ELF file is dynamically linked, and no dynamic linker is here: link with -static -no-pie',
      );
    }
    if (header.type !== PT_LOAD || header.memoryBytes === 0n) continue;
    if (header.memoryBytes < header.fileBytes) {
      throw new LoadError(
        'ELF_MALFORMED',
        `ELF segment ${header.index} is ${hex(header.fileBytes)} bytes in the file but ${hex(header.memoryBytes)} in memory`,
      );
    }
    const label = `ELF segment ${header.index}`;
    segments.push({
      virtualAddress: header.virtualAddress,
      piece: {
        label,
        address: reader.toSafeNumber(header.physicalAddress, `the address of ${label}`),
        bytes: reader.slice(header.offset, header.fileBytes, label),
        memoryBytes: reader.toSafeNumber(header.memoryBytes, `the size of ${label}`),
      },
    });
  }
  return segments;
}

/** The long-mode entry maps every address to itself, so code must run where it is loaded. */
function checkIdentity(image: ElfImage): void {
  if (image.entryVirtual === BigInt(image.entryAddress)) return;
  throw new LoadError(
    'ELF_UNSUPPORTED',
    `the ELF entry is linked at ${hex(image.entryVirtual)} but loaded at ${hex(image.entryAddress)}: ` +
      'a 64-bit guest starts with every address mapped to itself',
  );
}

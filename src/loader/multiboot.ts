/**
 * Multiboot 1 kernels (Multiboot Specification 0.6.96).
 *
 * The header lies in the first 8 KiB of the file. It either gives the addresses itself (bit 16 of its flags) or
 * leaves them to the ELF file around it. The kernel starts in 32-bit protected mode whatever the ELF class is.
 */
import { isElf, readElf } from './elf.js';
import { hex, LoadError } from './errors.js';
import { finishGuest } from './image.js';
import type { LoadedGuest, Piece } from './image.js';
import { BOOTLOADER_MAGIC, buildBootInformation } from './multiboot-information.js';
import { enterProtectedMode } from './protected-mode.js';
import { SymbolTable } from './symbols.js';

/** §3.1.1: the header starts with this, on a 4-byte boundary, and its first three words add up to zero. */
const HEADER_MAGIC = 0x1bad_b002;
const SEARCH_BYTES = 8192;
const HEADER_ALIGNMENT = 4;
const REQUIRED_WORDS = 3;

/** Flags (§3.1.2). Bits 15:0 are demands: a loader that does not know one must refuse. */
const PAGE_ALIGN_MODULES = 0x1;
const WANT_MEMORY_INFORMATION = 0x2;
const HAS_ADDRESSES = 0x1_0000;
const DEMANDS = 0xffff;
const KNOWN_DEMANDS = PAGE_ALIGN_MODULES | WANT_MEMORY_INFORMATION;

export interface MultibootHeader {
  /** Where the header is in the file. */
  readonly offset: number;
  readonly flags: number;
}

export interface MultibootOptions {
  readonly memoryBytes: number;
  readonly commandLine?: string | undefined;
  /** Used when the kernel is no ELF file with symbols of its own. */
  readonly symbols?: SymbolTable | undefined;
}

interface KernelImage {
  readonly pieces: readonly Piece[];
  readonly entryAddress: number;
  readonly symbols: SymbolTable;
}

/** The first valid header, if the file has one. */
export function findMultibootHeader(bytes: Uint8Array): MultibootHeader | undefined {
  const view = viewOf(bytes);
  const last = Math.min(bytes.length, SEARCH_BYTES) - REQUIRED_WORDS * 4;
  for (let offset = 0; offset <= last; offset += HEADER_ALIGNMENT) {
    if (view.getUint32(offset, true) !== HEADER_MAGIC) continue;
    const flags = view.getUint32(offset + 4, true);
    const sum = (HEADER_MAGIC + flags + view.getUint32(offset + 8, true)) >>> 0;
    if (sum === 0) return { offset, flags };
  }
  return undefined;
}

export function loadMultiboot(bytes: Uint8Array, options: MultibootOptions): LoadedGuest {
  const header = findMultibootHeader(bytes);
  if (header === undefined) {
    throw new LoadError(
      'MULTIBOOT_MALFORMED',
      `no multiboot header in the first ${SEARCH_BYTES} bytes of the file`,
    );
  }
  checkDemands(header);
  const kernel = header.flags & HAS_ADDRESSES ? readAddresses(bytes, header, options) : readKernelElf(bytes);
  const { entry, pieces } = enterProtectedMode(kernel.entryAddress, options.memoryBytes);
  const information = buildBootInformation(kernel.pieces, options.memoryBytes, options.commandLine ?? '');
  return finishGuest(
    {
      format: 'multiboot',
      entry: { ...entry, registers: { rax: BOOTLOADER_MAGIC, rbx: information.address } },
      pieces: [...kernel.pieces, information, ...pieces],
      symbols: kernel.symbols,
    },
    kernel.entryAddress,
    options.memoryBytes,
  );
}

function checkDemands(header: MultibootHeader): void {
  const unknown = header.flags & DEMANDS & ~KNOWN_DEMANDS;
  if (unknown === 0) return;
  throw new LoadError(
    'MULTIBOOT_UNSUPPORTED',
    `the multiboot header demands features ${hex(unknown)} (its flags): only page alignment (1h) and memory ` +
      'information (2h) are here, no video mode',
  );
}

function readKernelElf(bytes: Uint8Array): KernelImage {
  if (!isElf(bytes)) {
    throw new LoadError(
      'MULTIBOOT_MALFORMED',
      'the multiboot header gives no addresses (flag 16), and the file is not ELF: nothing says where it loads',
    );
  }
  return readElf(bytes);
}

/** §3.1.3: addresses in the header. */
function readAddresses(bytes: Uint8Array, header: MultibootHeader, options: MultibootOptions): KernelImage {
  const word = addressReader(bytes, header);
  const [headerAddress, load, loadEnd, bssEnd, entryAddress] = [word(0), word(1), word(2), word(3), word(4)];
  const fileStart = header.offset - (headerAddress - load);
  if (load > headerAddress || fileStart < 0) {
    throw malformed(
      `it lies at ${hex(headerAddress)}, ${hex(header.offset)} bytes into the file, so the image cannot load at ${hex(load)}`,
    );
  }
  const loadBytes = loadEnd === 0 ? bytes.length - fileStart : loadEnd - load;
  if (loadBytes <= 0) throw malformed(`the image ends at ${hex(loadEnd)}, below its start ${hex(load)}`);
  if (fileStart + loadBytes > bytes.length) {
    throw new LoadError(
      'TRUNCATED',
      `the multiboot image takes ${hex(loadBytes)} bytes from ${hex(fileStart)} on, and the file has ${hex(bytes.length)}`,
    );
  }
  const memoryBytes = bssEnd === 0 ? loadBytes : bssEnd - load;
  if (memoryBytes < loadBytes) {
    throw malformed(
      `the zeroed memory ends at ${hex(bssEnd)}, inside the image, which ends at ${hex(load + loadBytes)}`,
    );
  }
  const image: Piece = {
    label: 'the multiboot image',
    address: load,
    bytes: bytes.subarray(fileStart, fileStart + loadBytes),
    memoryBytes,
  };
  return { pieces: [image], entryAddress, symbols: options.symbols ?? SymbolTable.EMPTY };
}

/** Reads the address words, which follow the three that every header has. */
function addressReader(bytes: Uint8Array, header: MultibootHeader): (index: number) => number {
  const ADDRESS_WORDS = 5;
  const start = header.offset + REQUIRED_WORDS * 4;
  if (start + ADDRESS_WORDS * 4 > bytes.length) {
    throw new LoadError('TRUNCATED', 'the file ends inside the multiboot header');
  }
  const view = viewOf(bytes);
  return (index) => view.getUint32(start + index * 4, true);
}

function malformed(what: string): LoadError {
  return new LoadError('MULTIBOOT_MALFORMED', `the multiboot header contradicts itself: ${what}`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

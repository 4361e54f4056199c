/**
 * Loads a guest of any format: ELF by its magic number, multiboot by its header, everything else as a flat binary.
 *
 * A multiboot header decides also inside an ELF file, as it does for GRUB: the kernel then starts in 32-bit mode.
 */
import type { Bits } from './entry.js';
import { isElf, loadElf } from './elf.js';
import { hex, LoadError } from './errors.js';
import { loadFlat } from './flat.js';
import type { GuestFormat, LoadedGuest } from './image.js';
import { findMultibootHeader, loadMultiboot } from './multiboot.js';
import { rejectForeignFile } from './foreign-files.js';
import { SymbolTable } from './symbols.js';

export interface LoadOptions {
  /** Guest memory, from address 0 on. */
  readonly memoryBytes: number;
  /** Default: decided by the file's content. */
  readonly format?: GuestFormat | undefined;
  /** Flat binaries: code size at entry. For the others it must agree with the file. */
  readonly bits?: Bits | undefined;
  /** Flat binaries: address of the first byte. */
  readonly load?: number | undefined;
  /** Flat binaries: address of the first instruction. */
  readonly entry?: number | undefined;
  /** Multiboot: passed to the kernel. */
  readonly commandLine?: string | undefined;
  /** Names of addresses, for files that carry none themselves. */
  readonly symbols?: Readonly<Record<string, number>> | undefined;
}

/** Guest memory ends where 32-bit physical addresses do. */
const LARGEST_MEMORY = 2 ** 32;

const FORMATS: readonly GuestFormat[] = ['flat', 'elf', 'multiboot'];
const BITS: readonly Bits[] = [16, 32, 64];

/** Throws `LoadError` when the file is no guest, or does not go with the options. */
export function loadGuest(bytes: Uint8Array, options: LoadOptions): LoadedGuest {
  checkAddress('memoryBytes', options.memoryBytes, LARGEST_MEMORY);
  checkAddress('load', options.load ?? 0, LARGEST_MEMORY - 1);
  checkAddress('entry', options.entry ?? 0, LARGEST_MEMORY - 1);
  checkChoice('format', options.format, FORMATS);
  checkChoice('bits', options.bits, BITS);
  if (!(bytes instanceof Uint8Array))
    throw new LoadError('BAD_OPTION', 'the guest is no Uint8Array: expected the bytes of a guest file');
  if (bytes.length === 0) throw new LoadError('EMPTY_FILE', 'the guest file is empty');
  const format = options.format ?? detectFormat(bytes);
  if (options.format === undefined && options.bits === undefined && format === 'flat')
    rejectForeignFile(bytes);
  const symbols = SymbolTable.fromAddresses(options.symbols ?? {});
  const { memoryBytes, commandLine, bits, load, entry } = options;
  switch (format) {
    case 'flat':
      refuse(options, 'commandLine', 'only a multiboot kernel has a command line, and this is a flat binary');
      return loadFlat(bytes, { memoryBytes, bits, load, entry, symbols });
    case 'elf':
      refusePlacement(options, 'an ELF file');
      if (!isElf(bytes))
        throw new LoadError('CONFLICTING_OPTION', 'the format is given as elf, and the file is not ELF');
      return checkBits(loadElf(bytes, { memoryBytes }), bits);
    case 'multiboot':
      refusePlacement(options, 'a multiboot kernel');
      return checkBits(loadMultiboot(bytes, { memoryBytes, commandLine, symbols }), bits);
  }
}

export function detectFormat(bytes: Uint8Array): GuestFormat {
  if (findMultibootHeader(bytes) !== undefined) return 'multiboot';
  return isElf(bytes) ? 'elf' : 'flat';
}

/** Options that place a flat binary contradict a file that says itself where it goes. */
function refusePlacement(options: LoadOptions, what: string): void {
  const hint = `${what} says itself where it loads and starts; give the format as flat to load its bytes as they are`;
  refuse(options, 'load', hint);
  refuse(options, 'entry', hint);
  if (what === 'an ELF file') refuse(options, 'commandLine', 'only a multiboot kernel has a command line');
}

function refuse(options: LoadOptions, name: 'load' | 'entry' | 'commandLine', why: string): void {
  if (options[name] === undefined) return;
  throw new LoadError('CONFLICTING_OPTION', `the option ${name} does not go with this guest: ${why}`);
}

function checkBits(guest: LoadedGuest, bits: Bits | undefined): LoadedGuest {
  if (bits === undefined || bits === guest.entry.bits) return guest;
  throw new LoadError(
    'CONFLICTING_OPTION',
    `${bits} bits were asked for, and this ${guest.format} file starts in ${guest.entry.bits}-bit mode`,
  );
}

/** What a caller without a type checker may give. */
function checkChoice<T>(name: string, value: T | undefined, choices: readonly T[]): void {
  if (value === undefined || choices.includes(value)) return;
  throw new LoadError('BAD_OPTION', `${name} is ${String(value)}: expected one of ${choices.join(', ')}`);
}

function checkAddress(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new LoadError('BAD_OPTION', `${name} is ${value}: expected a whole number from 0 to ${hex(most)}`);
}

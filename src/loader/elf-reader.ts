/** The fixed structures of an ELF file: header, program headers, section headers (System V gABI chapters 4 and 5). */
import { hex, LoadError } from './errors.js';

export interface ElfHeader {
  readonly type: number;
  readonly machine: number;
  readonly entry: bigint;
  readonly programHeaderOffset: bigint;
  readonly programHeaderBytes: number;
  readonly programHeaderCount: number;
  readonly sectionHeaderOffset: bigint;
  readonly sectionHeaderBytes: number;
  readonly sectionHeaderCount: number;
}

export interface ProgramHeader {
  readonly index: number;
  readonly type: number;
  readonly offset: bigint;
  readonly virtualAddress: bigint;
  readonly physicalAddress: bigint;
  readonly fileBytes: bigint;
  readonly memoryBytes: bigint;
}

export interface SectionHeader {
  readonly index: number;
  readonly type: number;
  readonly offset: bigint;
  readonly bytes: bigint;
  /** sh_link: for a symbol table, the section with its strings. */
  readonly link: number;
}

type Word = 'half' | 'word' | 'natural';

/**
 * Offsets of the fields used, [ELF32, ELF64]. A half is 2 bytes, a word 4; a natural field is as wide as the class.
 */
// prettier-ignore
const HEADER = {
  type:                [16, 16, 'half'],
  machine:             [18, 18, 'half'],
  entry:               [24, 24, 'natural'],
  programHeaderOffset: [28, 32, 'natural'],
  sectionHeaderOffset: [32, 40, 'natural'],
  programHeaderBytes:  [42, 54, 'half'],
  programHeaderCount:  [44, 56, 'half'],
  sectionHeaderBytes:  [46, 58, 'half'],
  sectionHeaderCount:  [48, 60, 'half'],
} as const;

// prettier-ignore
const PROGRAM_HEADER = {
  type:            [0,  0,  'word'],
  offset:          [4,  8,  'natural'],
  virtualAddress:  [8,  16, 'natural'],
  physicalAddress: [12, 24, 'natural'],
  fileBytes:       [16, 32, 'natural'],
  memoryBytes:     [20, 40, 'natural'],
} as const;

// prettier-ignore
const SECTION_HEADER = {
  type:   [4,  4,  'word'],
  offset: [16, 24, 'natural'],
  bytes:  [20, 32, 'natural'],
  link:   [24, 40, 'word'],
} as const;

/** Bytes of each structure, [ELF32, ELF64]. */
const HEADER_BYTES = [52, 64] as const;
const PROGRAM_HEADER_BYTES = [32, 56] as const;
const SECTION_HEADER_BYTES = [40, 64] as const;

/** e_phnum of a file with so many segments that the count is elsewhere. */
const PN_XNUM = 0xffff;

type Layout = readonly [elf32: number, elf64: number, width: Word];

export class ElfReader {
  readonly header: ElfHeader;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    readonly bits: 32 | 64,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.need(0n, BigInt(this.sized(HEADER_BYTES)), 'the ELF header');
    this.header = {
      type: this.small(0, HEADER.type),
      machine: this.small(0, HEADER.machine),
      entry: this.field(0, HEADER.entry),
      programHeaderOffset: this.field(0, HEADER.programHeaderOffset),
      programHeaderBytes: this.small(0, HEADER.programHeaderBytes),
      programHeaderCount: this.small(0, HEADER.programHeaderCount),
      sectionHeaderOffset: this.field(0, HEADER.sectionHeaderOffset),
      sectionHeaderBytes: this.small(0, HEADER.sectionHeaderBytes),
      sectionHeaderCount: this.small(0, HEADER.sectionHeaderCount),
    };
  }

  programHeaders(): ProgramHeader[] {
    const { programHeaderOffset, programHeaderBytes, programHeaderCount } = this.header;
    if (programHeaderCount === PN_XNUM) {
      throw new LoadError('ELF_UNSUPPORTED', 'the ELF file has 65,535 program headers or more');
    }
    return this.table(
      'program header',
      programHeaderOffset,
      programHeaderBytes,
      programHeaderCount,
      this.sized(PROGRAM_HEADER_BYTES),
    ).map((at, index) => ({
      index,
      type: this.small(at, PROGRAM_HEADER.type),
      offset: this.field(at, PROGRAM_HEADER.offset),
      virtualAddress: this.field(at, PROGRAM_HEADER.virtualAddress),
      physicalAddress: this.field(at, PROGRAM_HEADER.physicalAddress),
      fileBytes: this.field(at, PROGRAM_HEADER.fileBytes),
      memoryBytes: this.field(at, PROGRAM_HEADER.memoryBytes),
    }));
  }

  sectionHeaders(): SectionHeader[] {
    const { sectionHeaderOffset, sectionHeaderBytes, sectionHeaderCount } = this.header;
    if (sectionHeaderOffset === 0n) return [];
    return this.table(
      'section header',
      sectionHeaderOffset,
      sectionHeaderBytes,
      sectionHeaderCount,
      this.sized(SECTION_HEADER_BYTES),
    ).map((at, index) => ({
      index,
      type: this.small(at, SECTION_HEADER.type),
      offset: this.field(at, SECTION_HEADER.offset),
      bytes: this.field(at, SECTION_HEADER.bytes),
      link: this.small(at, SECTION_HEADER.link),
    }));
  }

  /** A range of the file; `what` names it in the message when the file is too short for it. */
  slice(offset: bigint, length: bigint, what: string): Uint8Array {
    if (length === 0n) return new Uint8Array(0);
    this.need(offset, length, what);
    return this.bytes.subarray(Number(offset), Number(offset + length));
  }

  toSafeNumber(value: bigint, what: string): number {
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw new LoadError('DOES_NOT_FIT', `${what} is ${hex(value)}: no guest memory is that large`);
  }

  /** Offsets of the rows of a table. */
  private table(what: string, offset: bigint, stride: number, count: number, least: number): number[] {
    if (count === 0) return [];
    if (stride < least) {
      throw new LoadError('ELF_MALFORMED', `an ELF ${what} has ${stride} bytes: expected at least ${least}`);
    }
    this.need(offset, BigInt(stride * count), `the ELF ${what} table`);
    return Array.from({ length: count }, (_, i) => Number(offset) + i * stride);
  }

  private need(offset: bigint, length: bigint, what: string): void {
    if (offset + length <= BigInt(this.bytes.length)) return;
    throw new LoadError(
      'TRUNCATED',
      `${what} (${hex(length)} bytes at ${hex(offset)}) reaches beyond the end of the file (${hex(this.bytes.length)} bytes)`,
    );
  }

  private sized(byClass: readonly [number, number]): number {
    return byClass[this.bits === 64 ? 1 : 0];
  }

  private field(base: number, [elf32, elf64, width]: Layout): bigint {
    const at = base + (this.bits === 64 ? elf64 : elf32);
    if (width === 'half') return BigInt(this.view.getUint16(at, true));
    if (width === 'word' || this.bits === 32) return BigInt(this.view.getUint32(at, true));
    return this.view.getBigUint64(at, true);
  }

  /** A field that is never wider than 32 bits. */
  private small(base: number, layout: Layout): number {
    return Number(this.field(base, layout));
  }
}

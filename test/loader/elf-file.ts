/** Builds small ELF files: the smallest valid one, and the same with one thing broken. */

export interface ElfFile {
  bits: 32 | 64;
  elfClass?: number;
  data?: number;
  type?: number;
  machine?: number;
  entry: bigint;
  segments: [ElfSegment, ...ElfSegment[]];
  symbols?: ElfSymbol[];
  programHeaderCount?: number;
  programHeaderBytes?: number;
  /** Replaces the string table that the symbols' names make. */
  strings?: Uint8Array;
  /** Overrides sh_link of the symbol table. */
  stringSection?: number;
}

export interface ElfSegment {
  type?: number;
  virtualAddress: bigint;
  physicalAddress?: bigint;
  bytes: Uint8Array;
  fileBytes?: bigint;
  memoryBytes?: bigint;
  offset?: bigint;
}

export interface ElfSymbol {
  name: string;
  address: bigint;
  size?: number;
  type?: number;
  section?: number;
}

/** Writes fields one after the other; a natural field is as wide as the class. */
class Writer {
  private readonly bytes: number[] = [];

  constructor(private readonly bits: 32 | 64) {}

  get length(): number {
    return this.bytes.length;
  }

  number(width: number, value: number | bigint): this {
    for (let i = 0; i < width; i++) this.bytes.push(Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
    return this;
  }

  half = (value: number): this => this.number(2, value);
  word = (value: number): this => this.number(4, value);
  natural = (value: number | bigint): this => this.number(this.bits / 8, value);

  append(bytes: ArrayLike<number>): this {
    for (let i = 0; i < bytes.length; i++) this.bytes.push(bytes[i] ?? 0);
    return this;
  }

  padTo(length: number): this {
    while (this.bytes.length < length) this.bytes.push(0);
    return this;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

/** Header, program headers, contents, symbol and string table, section headers, in this order. */
export function buildElf(file: ElfFile): Uint8Array {
  const is64 = file.bits === 64;
  const [headerBytes, phBytes, shBytes] = is64 ? [64, 56, 64] : [52, 32, 40];
  const contentStart = headerBytes + phBytes * file.segments.length;
  const contents = placeContents(file.segments, contentStart);
  const symbols = writeSymbols(file);
  const symbolsAt = contentStart + contents.length;
  const stringsAt = symbolsAt + symbols.table.length;
  const sectionsAt = stringsAt + symbols.strings.length;

  const out = new Writer(file.bits)
    .append([0x7f, 0x45, 0x4c, 0x46, file.elfClass ?? (is64 ? 2 : 1), file.data ?? 1, 1])
    .padTo(16);
  out.half(file.type ?? 2).half(file.machine ?? (is64 ? 62 : 3));
  out.word(1).natural(file.entry).natural(headerBytes);
  out.natural(file.symbols === undefined ? 0 : sectionsAt);
  out.word(0).half(headerBytes);
  out.half(file.programHeaderBytes ?? phBytes).half(file.programHeaderCount ?? file.segments.length);
  out
    .half(shBytes)
    .half(file.symbols === undefined ? 0 : 3)
    .half(0);

  let offset = contentStart;
  for (const segment of file.segments) {
    writeProgramHeader(out, segment, segment.offset ?? BigInt(offset), is64);
    offset += segment.bytes.length;
  }
  out.append(contents);
  if (file.symbols === undefined) return out.finish();

  out.append(symbols.table).append(symbols.strings);
  out.append(new Uint8Array(shBytes)); // section 0 is always empty
  writeSectionHeader(
    out,
    { type: 2, offset: symbolsAt, bytes: symbols.table.length, link: file.stringSection ?? 2 },
    is64,
  );
  writeSectionHeader(out, { type: 3, offset: stringsAt, bytes: symbols.strings.length, link: 0 }, is64);
  return out.finish();
}

function placeContents(segments: readonly ElfSegment[], start: number): Uint8Array {
  const writer = new Writer(32);
  for (const segment of segments) writer.append(segment.bytes);
  return start >= 0 ? writer.finish() : new Uint8Array();
}

function writeProgramHeader(out: Writer, segment: ElfSegment, offset: bigint, is64: boolean): void {
  const READ_WRITE_EXECUTE = 7;
  const physical = segment.physicalAddress ?? segment.virtualAddress;
  const fileBytes = segment.fileBytes ?? BigInt(segment.bytes.length);
  const memoryBytes = segment.memoryBytes ?? fileBytes;
  out.word(segment.type ?? 1);
  if (is64) out.word(READ_WRITE_EXECUTE);
  out
    .natural(offset)
    .natural(segment.virtualAddress)
    .natural(physical)
    .natural(fileBytes)
    .natural(memoryBytes);
  if (!is64) out.word(READ_WRITE_EXECUTE);
  out.natural(0x1000);
}

function writeSectionHeader(
  out: Writer,
  section: { type: number; offset: number; bytes: number; link: number },
  is64: boolean,
): void {
  out.word(0).word(section.type).natural(0).natural(0).natural(section.offset).natural(section.bytes);
  out
    .word(section.link)
    .word(0)
    .natural(1)
    .natural(is64 ? 24 : 16);
}

function writeSymbols(file: ElfFile): { table: Uint8Array; strings: Uint8Array } {
  const table = new Writer(file.bits).padTo(file.bits === 64 ? 24 : 16);
  const strings = new Writer(file.bits).number(1, 0);
  for (const symbol of file.symbols ?? []) {
    const [name, type, section] = [strings.length, symbol.type ?? 2, symbol.section ?? 1];
    strings.append(new TextEncoder().encode(`${symbol.name}\0`));
    table.word(name);
    if (file.bits === 64)
      table
        .number(1, type)
        .number(1, 0)
        .half(section)
        .natural(symbol.address)
        .natural(symbol.size ?? 0);
    else
      table
        .natural(symbol.address)
        .natural(symbol.size ?? 0)
        .number(1, type)
        .number(1, 0)
        .half(section);
  }
  return { table: table.finish(), strings: file.strings ?? strings.finish() };
}

/** The smallest ELF file that loads: one segment with a HLT at 1 MiB. */
export function validElf(bits: 32 | 64): ElfFile {
  return { bits, entry: 0x10_0000n, segments: [{ virtualAddress: 0x10_0000n, bytes: Uint8Array.of(0xf4) }] };
}

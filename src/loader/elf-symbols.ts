/** The symbol table of an ELF file (System V gABI chapter 4, "Symbol Table"). A stripped file has none. */
import type { ElfReader, SectionHeader } from './elf-reader.js';
import { LoadError } from './errors.js';
import { SymbolTable } from './symbols.js';
import type { GuestSymbol } from './symbols.js';

const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;

/** Bytes of a symbol; where its fields are differs by class. */
const ELF32_SYMBOL_BYTES = 16;
const ELF64_SYMBOL_BYTES = 24;

const SHN_UNDEF = 0;
/** From here on section indexes have meanings of their own: absolute, common… */
const SHN_LORESERVE = 0xff00;

/** st_info bits 3:0. */
const STT_NOTYPE = 0;
const STT_FUNC = 2;
const STT_SECTION = 3;
const STT_FILE = 4;
const STT_TLS = 6;

interface RawSymbol extends GuestSymbol {
  readonly type: number;
  readonly section: number;
}

export function readElfSymbols(reader: ElfReader): SymbolTable {
  const sections = reader.sectionHeaders();
  const symtab = sections.find((section) => section.type === SHT_SYMTAB);
  if (symtab === undefined) return SymbolTable.EMPTY;
  const strings = sections[symtab.link];
  if (strings === undefined || strings.type !== SHT_STRTAB) {
    throw new LoadError(
      'ELF_MALFORMED',
      `the ELF symbol table names section ${symtab.link} for its strings, which is not a string table`,
    );
  }
  const symbols = readSymbols(
    reader,
    symtab,
    reader.slice(strings.offset, strings.bytes, 'the ELF string table'),
  );
  // Functions first: where a label and a function share an address, the function names it.
  const functions = symbols.filter((symbol) => symbol.type === STT_FUNC);
  return new SymbolTable([...functions, ...symbols.filter((symbol) => symbol.type !== STT_FUNC)]);
}

function readSymbols(reader: ElfReader, symtab: SectionHeader, strings: Uint8Array): RawSymbol[] {
  const table = reader.slice(symtab.offset, symtab.bytes, 'the ELF symbol table');
  const stride = reader.bits === 64 ? ELF64_SYMBOL_BYTES : ELF32_SYMBOL_BYTES;
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const symbols: RawSymbol[] = [];
  for (let at = 0; at + stride <= table.length; at += stride) {
    const symbol = reader.bits === 64 ? symbol64(view, at, strings) : symbol32(view, at, strings);
    if (isNamedPlace(symbol)) symbols.push(symbol);
  }
  return symbols;
}

/** A label, function or object in a section of this file; no file names, section names or constants. */
function isNamedPlace(symbol: RawSymbol): boolean {
  if (symbol.name === '' || symbol.section === SHN_UNDEF || symbol.section >= SHN_LORESERVE) return false;
  if (symbol.type === STT_NOTYPE && symbol.name.startsWith('.')) return false;
  return symbol.type !== STT_SECTION && symbol.type !== STT_FILE && symbol.type !== STT_TLS;
}

function symbol32(view: DataView, at: number, strings: Uint8Array): RawSymbol {
  return {
    name: stringAt(strings, view.getUint32(at, true)),
    address: BigInt(view.getUint32(at + 4, true)),
    size: view.getUint32(at + 8, true),
    type: view.getUint8(at + 12) & 15,
    section: view.getUint16(at + 14, true),
  };
}

function symbol64(view: DataView, at: number, strings: Uint8Array): RawSymbol {
  return {
    name: stringAt(strings, view.getUint32(at, true)),
    type: view.getUint8(at + 4) & 15,
    section: view.getUint16(at + 6, true),
    address: view.getBigUint64(at + 8, true),
    size: Number(view.getBigUint64(at + 16, true)),
  };
}

/** Bounds the search for the end of a name, which a hostile file could make quadratic. */
const LONGEST_NAME = 4096;
const UTF8 = new TextDecoder();

/** The zero-terminated string at `start`; empty when it is outside the table, too long or does not end. */
function stringAt(strings: Uint8Array, start: number): string {
  const window = strings.subarray(start, start + LONGEST_NAME);
  const end = window.indexOf(0);
  return end < 0 ? '' : UTF8.decode(window.subarray(0, end));
}

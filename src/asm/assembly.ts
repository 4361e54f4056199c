/** What an assembled source is: bytes, and what is known about them. */
import { type Diagnostic, locate } from './diagnostics.js';
import { writeListing } from './listing.js';
import type { Emitted, PassResult } from './pass.js';
import { add, addressOf, resolve, scalar } from './value.js';

/** Where the source of some bytes stands. */
export interface SourceLocation {
  readonly address: number;
  readonly bytes: number;
  /** The line that says what the bytes are; in a macro, the line of its body. */
  readonly file: string;
  readonly line: number;
  /** The line of the source that called the macro; the same line where there is none. */
  readonly callFile: string;
  readonly callLine: number;
}

export class Assembly {
  readonly bytes: Uint8Array;
  /** Address of the first byte. */
  readonly origin: number;
  /** The source says where it goes: by ORG, or by a section's start. */
  readonly hasOrigin: boolean;
  /** Code size of the first instruction. */
  readonly bits: 16 | 32 | 64;
  /** Addresses of labels, by name; those of macros are left out. */
  readonly symbols: Readonly<Record<string, number>>;
  /** Values of EQU, by name. */
  readonly constants: Readonly<Record<string, bigint>>;
  /** The source of every byte, by address. */
  readonly lines: readonly SourceLocation[];
  readonly warnings: readonly Diagnostic[];

  /** @internal Use `assemble`. Declared, it would bring the assembler's inside into the package's types. */
  constructor(
    private readonly result: PassResult,
    warnings: readonly Diagnostic[],
    private readonly files: ReadonlyMap<string, Uint8Array>,
  ) {
    const { image, symbols, emitted, bits, hasOrigin } = result;
    this.bytes = image.bytes;
    this.origin = Number(image.origin);
    this.hasOrigin = hasOrigin;
    this.bits = bits;
    this.warnings = warnings;
    const entries = symbols.entries().flatMap(({ name, value, isConstant }) => {
      const address = addressOf(value);
      return address === undefined ? [] : [{ name, address, isConstant }];
    });
    const labels = entries.filter(({ isConstant }) => !isConstant);
    labels.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    this.symbols = Object.fromEntries(labels.map(({ name, address }) => [name, Number(address)]));
    const constants = entries.filter(({ isConstant }) => isConstant);
    this.constants = Object.fromEntries(constants.map(({ name, address }) => [name, address]));
    this.lines = emitted
      .filter(({ isRoom }) => !isRoom)
      .map(sourceOf)
      .sort((a, b) => a.address - b.address);
  }

  /** The sources with the address and the bytes of each line. */
  listing(): string {
    return writeListing(this.result, this.files);
  }
}

function sourceOf({ line, start, offset, length }: Emitted): SourceLocation {
  const { origin } = line;
  const { place } = locate(origin);
  return {
    address: Number(resolve(add(start, scalar(BigInt(offset)))) ?? 0n),
    bytes: length,
    file: origin.file,
    line: origin.line,
    callFile: place.file,
    callLine: place.line,
  };
}

/** What a pass of the assembler reads, and what it makes. */
import type { Candidate } from './candidates.js';
import type { CodeBits } from './code-bits.js';
import type { Origin, Reporter } from './diagnostics.js';
import type { Scope } from './evaluate.js';
import type { Location } from './location.js';
import type { Image } from './sections.js';
import type { Statement } from './statement.js';
import type { SymbolTable } from './symbols.js';
import type { Value } from './value.js';

/** A statement, where it stands, and what is remembered of it between passes. */
export interface ParsedLine {
  readonly origin: Origin;
  readonly statement: Statement;
  candidates?: { readonly bits: CodeBits; readonly list: readonly Candidate[] };
  /** Bytes of its last encoding. */
  size?: number;
  /** Its encoding, where that is the same wherever it stands. */
  fixed?: { readonly bits: CodeBits; readonly bytes: Uint8Array };
}

/** What a statement became: bytes of a section, or room. */
export interface Emitted {
  readonly line: ParsedLine;
  /** Undefined for ABSOLUTE. */
  readonly section: string | undefined;
  readonly start: Value;
  readonly offset: number;
  readonly length: number;
  /** TIMES repeats it so often. */
  readonly isRoom: boolean;
}

/** Where lines come from: the preprocessor on the first pass, and again where what it makes depends on addresses. */
export interface LineSource {
  /** Calls `use` for each statement, in order. */
  parse(reporter: Reporter, scope: Scope, use: (line: ParsedLine) => void): void;
  /** What %if and %assign saw depended on addresses, which later passes may change. */
  readonly dependsOnAddresses: boolean;
  readBinary(name: string, origin: Origin): Uint8Array;
}

export interface PassResult {
  readonly image: Image;
  readonly emitted: readonly Emitted[];
  readonly symbols: SymbolTable;
  readonly location: Location;
  readonly bits: CodeBits;
  /** The source says where it goes. */
  readonly hasOrigin: boolean;
}
